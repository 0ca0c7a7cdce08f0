package seal

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func box(t *testing.T, s Suite, fill byte) *Box {
	t.Helper()
	b, err := NewBox(s, bytes.Repeat([]byte{fill}, KeySize))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSealOpen(t *testing.T) {
	for _, s := range []Suite{AES, SM} {
		b := box(t, s, 7)
		sealed := b.Seal([]byte("x"), []byte("张三"), "page")[1:]
		if bytes.Contains(sealed, []byte("张三")) || len(sealed) != len("张三")+Overhead {
			t.Errorf("suite %d: not sealed, or %d bytes", s, len(sealed))
		}
		plain, err := b.Open([]byte(">"), sealed, "page")
		if err != nil || string(plain) != ">张三" {
			t.Errorf("suite %d: open = %q, %v", s, plain, err)
		}
		if bytes.Equal(sealed, b.Seal(nil, []byte("张三"), "page")) {
			t.Errorf("suite %d: two seals are equal: the nonce is not random", s)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	b := box(t, AES, 7)
	sealed := b.Seal(nil, []byte("secret"), "page")
	changed := bytes.Clone(sealed)
	changed[len(changed)-1] ^= 1
	for _, c := range []struct {
		name    string
		by      *Box
		bytes   []byte
		context string
		want    error
	}{
		{"another key", box(t, AES, 8), sealed, "page", ErrForeignKey},
		{"another suite", box(t, SM, 7), sealed, "page", ErrForeignKey},
		{"moved to another context", b, sealed, "quarantine", ErrDamaged},
		{"one bit changed", b, changed, "page", ErrDamaged},
		{"cut", b, sealed[:20], "page", ErrDamaged},
		{"empty", b, nil, "page", ErrDamaged},
	} {
		if _, err := c.by.Open(nil, c.bytes, c.context); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

func TestPseudonym(t *testing.T) {
	b := box(t, AES, 7)
	if a := b.Pseudonym("id", "11010519491231002X"); len(a) != 26 || a != b.Pseudonym("id", "11010519491231002X") {
		t.Errorf("pseudonym %q is not stable or not 26 long", a)
	}
	if b.Pseudonym("id", "1") == b.Pseudonym("phone", "1") || b.Pseudonym("id", "1") == box(t, AES, 8).Pseudonym("id", "1") {
		t.Error("pseudonyms of other domains or keys are equal")
	}
}

func TestKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key", "site.key")
	made, err := ReadOrMakeKey(path)
	if err != nil {
		t.Fatal(err)
	}
	again, err := ReadOrMakeKey(path)
	if err != nil || !bytes.Equal(made, again) {
		t.Errorf("second read: %v", err)
	}
	os.Chmod(path, 0o644)
	if _, err := ReadKey(path); !BadKeyFile.Is(err) {
		t.Errorf("a key others can read was taken: %v", err)
	}
}
