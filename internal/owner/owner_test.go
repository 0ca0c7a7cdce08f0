package owner

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestCall(t *testing.T) {
	for name, store := range map[string]string{"short": "s", "longer than a socket's path": strings.Repeat("deep/", 30)} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TMPDIR", t.TempDir())
			store := filepath.Join(t.TempDir(), store)
			ctx, stop := context.WithCancel(context.Background())
			var out, complaint bytes.Buffer
			if _, reached, err := Call(ctx, store, Request{}, &out, &complaint); reached || err != nil {
				t.Fatalf("nobody is there, but %v %v", reached, err)
			}
			l, err := Listen(store)
			if err != nil {
				t.Fatal(err)
			}
			info, err := os.Stat(l.path)
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%v, %v", info, err)
			}
			if _, err := Listen(store); !Owned.Is(err) {
				t.Errorf("a second owner: %v", err)
			}
			served := make(chan error, 1)
			go func() {
				served <- l.Serve(ctx, func(ctx context.Context, r Request, stdout, stderr io.Writer) int {
					if r.Args[0] == "wait" {
						<-ctx.Done()
						return 130
					}
					fmt.Fprint(stdout, strings.Join(r.Args, " "), " in ", r.Dir)
					fmt.Fprint(stderr, "hm")
					return 3
				})
			}()
			code, reached, err := Call(ctx, store, Request{Args: []string{"build", "--all"}, Dir: "/x"}, &out, &complaint)
			if code != 3 || !reached || err != nil || out.String() != "build --all in /x" || complaint.String() != "hm" {
				t.Errorf("%d %v %v %q %q", code, reached, err, out.String(), complaint.String())
			}
			leaving, leave := context.WithTimeout(ctx, 50*time.Millisecond)
			defer leave()
			if code, _, err := Call(leaving, store, Request{Args: []string{"wait"}}, &out, &complaint); code != 130 || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("a caller that leaves: %d, %v", code, err)
			}
			stop()
			if err := <-served; err != nil {
				t.Error(err)
			}
			if _, reached, _ := Call(context.Background(), store, Request{}, &out, &complaint); reached {
				t.Error("the owner has gone and still answers")
			}
		})
	}
}

// A socket left by a process that was killed is taken over.
func TestTakeOver(t *testing.T) {
	store := t.TempDir()
	l, err := Listen(store)
	if err != nil {
		t.Fatal(err)
	}
	l.net.(interface{ SetUnlinkOnClose(bool) }).SetUnlinkOnClose(false)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(store, "serve.sock")); err != nil {
		t.Fatal("nothing was left", err)
	}
	again, err := Listen(store)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}

func TestOthersMayNotWriteHere(t *testing.T) {
	store := t.TempDir()
	if err := os.Chmod(store, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(store); err == nil {
		t.Error("a folder that all may write holds the socket")
	}
}
