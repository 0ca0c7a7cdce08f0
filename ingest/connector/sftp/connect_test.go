package sftp

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"huiliu/fixtures/sftpd"
	"huiliu/ingest/connector/connectortest"
	"huiliu/ingest/page"
	"huiliu/internal/conf"
	"huiliu/internal/fault"
)

func check(t *testing.T, connection string) error {
	t.Helper()
	c, err := New(define(t, connection, "append", "path: '*.csv'"), connectortest.Tools(&connectortest.Keeper{}))
	if err != nil {
		return err
	}
	defer c.Close()
	return c.Check(context.Background())
}

func TestConnect(t *testing.T) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key := signer(t, private)
	block, err := ssh.MarshalPrivateKeyWithPassphrase(private, "", []byte("open"))
	if err != nil {
		t.Fatal(err)
	}
	bare, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	server, dir := serve(t, func(c *sftpd.Config) { c.Key, c.HostKey = key.PublicKey(), newRSA(t) })
	text, _ := rows(1, 1)
	write(t, dir, "a.csv", text)
	files := t.TempDir()
	write(t, files, "key", pem.EncodeToMemory(bare))
	write(t, files, "locked", pem.EncodeToMemory(block))
	write(t, files, "known", []byte(server.KnownHosts()))
	write(t, files, "junk", []byte("junk\n"))
	other, _ := serve(t)
	write(t, files, "others", []byte(strings.Replace(other.KnownHosts(), other.Address()[len("127.0.0.1:"):], server.Address()[len("127.0.0.1:"):], 1)))
	write(t, files, "empty", nil)
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()

	base := "address: " + server.Address() + ", timeout: 2s, root: /"
	pin := fmt.Sprintf(", host_key: %q", server.Fingerprint())
	password := ", user: reader, password: right"
	file := func(key, name string) string {
		return fmt.Sprintf(", %s: %q", key, filepath.Join(files, name))
	}
	for _, c := range []struct {
		name, connection string
		want             *fault.Kind
	}{
		{"password and fingerprint", base + password + pin, nil},
		{"several fingerprints", base + password + fmt.Sprintf(", host_key: [%q, %q]", other.Fingerprint(), server.Fingerprint()), nil},
		{"known hosts", base + password + file("known_hosts", "known"), nil},
		{"key file", base + ", user: reader" + pin + file("key_file", "key"), nil},
		{"key text", base + ", user: reader" + pin + fmt.Sprintf(", private_key: %q", pem.EncodeToMemory(bare)), nil},
		{"locked key", base + ", user: reader, passphrase: open" + pin + file("key_file", "locked"), nil},
		{"locked key without its passphrase", base + ", user: reader" + pin + file("key_file", "locked"), BadKey},
		{"no such key file", base + ", user: reader" + pin + file("key_file", "nowhere"), BadKey},
		{"no key in the file", base + ", user: reader" + pin + file("key_file", "junk"), BadKey},
		{"wrong password", base + ", user: reader, password: wrong" + pin, Denied},
		{"wrong user", base + ", user: nobody, password: right" + pin, Denied},
		{"another server's fingerprint", base + password + fmt.Sprintf(", host_key: %q", other.Fingerprint()), HostKey},
		{"another server's key in known hosts", base + password + file("known_hosts", "others"), HostKey},
		{"not in known hosts", base + password + file("known_hosts", "empty"), HostKey},
		{"no known hosts file", base + password + file("known_hosts", "nowhere"), BadKey},
		{"nobody listens", "address: '127.0.0.1:1', root: /" + password + pin, Unreachable},
		{"a server that says nothing", "address: '" + silent.Addr().String() + "', timeout: 100ms, root: /" + password + pin, Unreachable},
		{"no such folder", strings.Replace(base, "root: /", "root: /none", 1) + password + pin, RootMissing},
		{"a file as root", strings.Replace(base, "root: /", "root: /a.csv", 1) + password + pin, RootMissing},
		{"no host key", base + password, conf.WrongValue},
		{"two ways to know the host", base + password + pin + file("known_hosts", "known"), conf.WrongValue},
		{"no secret", base + ", user: reader" + pin, conf.WrongValue},
		{"two secrets", base + password + pin + file("key_file", "key"), conf.WrongValue},
		{"MD5 fingerprint", base + password + ", host_key: '16:27:ac'", conf.WrongValue},
		{"no time", strings.Replace(base, "2s", "0s", 1) + password + pin, conf.WrongValue},
		{"unknown key", base + password + pin + ", insecure: true", conf.UnknownKey},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := check(t, "{"+c.connection+"}")
			if c.want == nil && err != nil || c.want != nil && !c.want.Is(err) {
				t.Fatalf("%v, want %v", err, c.want)
			}
			if err != nil && (strings.Contains(err.Error(), "right") || strings.Contains(err.Error(), "PRIVATE KEY")) {
				t.Errorf("the fault shows a secret: %v", err)
			}
		})
	}
}

// TestSilence: a server that stops to answer, with the connection open, is
// given up after the timeout.
func TestSilence(t *testing.T) {
	server, dir := serve(t)
	text, _ := rows(1, 1)
	write(t, dir, "a.csv", text)
	between, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer between.Close()
	hold := make(chan struct{})
	go relay(between, server.Address(), hold)
	connection := strings.Replace(strings.Replace(login(server, "/"), server.Address(), between.Addr().String(), 1), "5s", "300ms", 1)
	r := open(t, connection, "append", "path: '*.csv'", "", time.Time{})
	close(hold)
	began := time.Now()
	if _, err := r.Next(context.Background(), page.NewBuilder()); !Unreachable.Is(err) {
		t.Errorf("read from a silent server: %v", err)
	}
	if waited := time.Since(began); waited > 4*time.Second {
		t.Errorf("gave up after %s", waited)
	}
}
