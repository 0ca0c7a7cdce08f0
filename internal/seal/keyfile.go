package seal

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"huiliu/internal/fault"
)

// BadKeyFile is raised for a key file that can't serve.
var BadKeyFile = &fault.Kind{
	Code: "bad_key_file", Class: fault.Input,
	Cause: fault.Text{EN: "the key file can't be used ({why})", ZH: "密钥文件不可用（{why}）"},
	Mend: fault.Text{
		EN: "put 64 hex digits into it (32 random bytes) and set its mode to 0600, or leave HUILIU_KEY_FILE unset to have one made",
		ZH: "文件内容应为 64 位十六进制数（32 字节随机数），权限设为 0600；或不设 HUILIU_KEY_FILE，由程序生成",
	},
}

// ReadKey reads a site key from a file of 64 hex digits that nobody but its
// owner can read.
func ReadKey(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, BadKeyFile.At(path, "why", "not readable").Because(err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, BadKeyFile.At(path, "why", fmt.Sprintf("mode %04o lets others read it", info.Mode().Perm()))
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, BadKeyFile.At(path, "why", "not readable").Because(err)
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != KeySize {
		return nil, BadKeyFile.At(path, "why", "not 64 hex digits")
	}
	return key, nil
}

// ReadOrMakeKey reads the key at path and makes a new one, synced to disk
// with mode 0600, when there is none.
func ReadOrMakeKey(path string) ([]byte, error) {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return ReadKey(path)
	}
	key := make([]byte, KeySize)
	rand.Read(key)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make key folder: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("make key file: %w", err)
	}
	_, err = fmt.Fprintln(f, hex.EncodeToString(key))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, fmt.Errorf("write key file: %w", err)
	}
	return key, nil
}
