package sftp

import (
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"huiliu/ingest/connector/connectortest"
	"huiliu/internal/conf"
)

// TestAcceptance runs the suite against a server in this process, and against
// OpenSSH where there is one.
func TestAcceptance(t *testing.T) {
	t.Run("in this process", func(t *testing.T) {
		server, dir := serve(t)
		suite(t, dir, func(folder string) string { return login(server, "/"+folder) }, func() func() {
			server.Down()
			return server.Up
		})
	})
	t.Run("OpenSSH", func(t *testing.T) {
		connection, dir := openSSH(t)
		suite(t, dir, func(folder string) string { return connection + ", root: " + filepath.Join(dir, folder) + "}" }, nil)
	})
}

// openSSH gives the beginning of a connection to a real server and a folder
// that it serves.
func openSSH(t *testing.T) (connection, dir string) {
	text := os.Getenv("HUILIU_TEST_SFTP")
	if text == "" {
		text = "HUILIU_TEST_SFTP is not set: install openssh-server, run `.ci/servers.sh start`, and take the variable from `.ci/servers.sh env`"
		if os.Getenv("CI") == "true" {
			t.Fatal(text)
		}
		t.Skip(text)
	}
	s, err := conf.Parse("HUILIU_TEST_SFTP", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	var at struct {
		Address    string `yaml:"address,required"`
		User       string `yaml:"user,required"`
		KeyFile    string `yaml:"key_file,required"`
		KnownHosts string `yaml:"known_hosts,required"`
		Root       string `yaml:"root,required"`
	}
	if err := s.Decode(&at); err != nil {
		t.Fatal(err)
	}
	if dir, err = os.MkdirTemp(at.Root, "suite-"); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return fmt.Sprintf("{address: %s, user: %s, key_file: %q, known_hosts: %q, settle: 0s", at.Address, at.User, at.KeyFile, at.KnownHosts), dir
}

func suite(t *testing.T, dir string, connect func(folder string) string, down func() (up func())) {
	var folders atomic.Int64
	connectortest.Run(t, connectortest.Subject{Factory: New, New: func(t *testing.T) connectortest.Feed {
		folder := fmt.Sprintf("feed%d", folders.Add(1))
		root := filepath.Join(dir, folder)
		put := func(name string, from, n int) []connectortest.Item {
			text, want := rows(from, n)
			write(t, root, name, text)
			return want
		}
		feed := connectortest.Feed{
			Want:       append(put("a.csv", 0, 9000), put("b.csv", 9000, 3)...),
			Definition: define(t, connect(folder), "append", "path: '*.csv'"),
			Append:     func(*testing.T) []connectortest.Item { return put("0-early.csv", 10000, 5000) },
			Break: func(t *testing.T) func() {
				if err := os.Rename(root, root+".away"); err != nil {
					t.Fatal(err)
				}
				return func() {
					if err := os.Rename(root+".away", root); err != nil {
						t.Fatal(err)
					}
				}
			},
		}
		if down != nil {
			feed.Break = func(t *testing.T) func() {
				up := down()
				t.Cleanup(up)
				return up
			}
		}
		return feed
	}})
}
