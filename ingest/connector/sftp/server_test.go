package sftp

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"huiliu/fixtures/sftpd"
	"huiliu/ingest/connector/connectortest"
	"huiliu/ingest/source"
)

func newKey(t testing.TB) ssh.Signer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return signer(t, key)
}

func newRSA(t testing.TB) ssh.Signer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return signer(t, key)
}

func signer(t testing.TB, key any) ssh.Signer {
	t.Helper()
	s, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// serve starts a server over a folder of its own and returns both.
func serve(t testing.TB, more ...func(*sftpd.Config)) (*sftpd.Server, string) {
	t.Helper()
	c := sftpd.Config{Address: "127.0.0.1:0", Folder: t.TempDir(), User: "reader", Password: "right", HostKey: newKey(t)}
	for _, m := range more {
		m(&c)
	}
	s, err := sftpd.Start(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, c.Folder
}

// login is the connection to a server as its reader.
func login(s *sftpd.Server, root string) string {
	return fmt.Sprintf("{address: %s, user: reader, password: right, host_key: %q, root: %q, settle: 0s, timeout: 5s}", s.Address(), s.Fingerprint(), root)
}

// relay passes one connection on to an address; once held, nothing comes back.
func relay(listen net.Listener, to string, hold <-chan struct{}) {
	client, err := listen.Accept()
	if err != nil {
		return
	}
	defer client.Close()
	server, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer server.Close()
	go func() { _, _ = io.Copy(server, client); server.Close() }()
	for buf := make([]byte, 1<<16); ; {
		n, err := server.Read(buf)
		if err != nil {
			return
		}
		select {
		case <-hold:
		default:
			_, _ = client.Write(buf[:n])
		}
	}
}

func define(t testing.TB, connection, change, read string) *source.Definition {
	t.Helper()
	return connectortest.Definition(t, fmt.Sprintf("id: trial\nconnector: sftp\nzone: Asia/Shanghai\nconnection: %s\ntables:\n  - {name: t, change: %s, key: [$origin, $row], read: {%s}}\n", connection, change, read), nil)
}

func write(t testing.TB, dir, name string, text []byte) {
	t.Helper()
	file := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// rows is a CSV file of n records from a first number on, and what is read.
func rows(from, n int) ([]byte, []connectortest.Item) {
	var out strings.Builder
	var want []connectortest.Item
	out.WriteString("id,name\n")
	for i := from; i < from+n; i++ {
		fmt.Fprintf(&out, "%d,居民%d\n", i, i)
		want = append(want, connectortest.Item{Values: map[string]string{"id": fmt.Sprint(i), "name": fmt.Sprintf("居民%d", i)}})
	}
	return []byte(out.String()), want
}

func ids(items []connectortest.Item) string {
	var out []string
	for _, i := range items {
		out = append(out, i.Values["id"]+i.Reject)
	}
	return strings.Join(out, " ")
}
