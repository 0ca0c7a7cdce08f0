// Package seal encrypts and pseudonymises: sealed bytes (AES-256-GCM, or
// SM4-GCM by configuration) and keyed pseudonyms (HMAC with SHA-256 or SM3).
// What is sealed is decided in transform/privacy; here is only how.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"sync"

	"github.com/emmansun/gmsm/sm3"
	"github.com/emmansun/gmsm/sm4"
)

// Suite names a family of algorithms.
type Suite byte

const (
	// AES is AES-256-GCM (NIST SP 800-38D) with HMAC-SHA-256.
	AES Suite = 1
	// SM is SM4-GCM (GB/T 32907-2016) with HMAC-SM3 (GB/T 32905-2016), for
	// sites that must pass 密评 (GB/T 39786-2021).
	SM Suite = 2
)

// KeySize is the length of a site key in bytes.
const KeySize = 32

const (
	nonceSize  = 12
	headerSize = 1 + 4 + nonceSize
	// Overhead is how many bytes Seal adds: suite, key id, nonce and tag.
	Overhead = headerSize + 16
)

// ErrForeignKey says that bytes were sealed with another key than the one at
// hand: that key was destroyed, or belongs to another site.
var ErrForeignKey = errors.New("sealed with another key")

// ErrDamaged says that sealed bytes are cut or were changed.
var ErrDamaged = errors.New("sealed bytes are damaged")

// Box seals and opens with one site key. It is safe for concurrent use.
type Box struct {
	suite Suite
	id    uint32
	aead  cipher.AEAD
	// macs are hashes of the pepper that wait to be used again.
	macs sync.Pool
}

// NewBox derives the working keys from a site key (HKDF, RFC 5869), so that
// the bytes that seal are never the bytes that name pseudonyms.
func NewBox(suite Suite, key []byte) (*Box, error) {
	if len(key) != KeySize {
		return nil, fmt.Errorf("site key has %d bytes, want %d", len(key), KeySize)
	}
	encrypt, err := hkdf.Key(sha256.New, key, nil, "huiliu seal", 32)
	if err != nil {
		return nil, fmt.Errorf("derive sealing key: %w", err)
	}
	pepper, err := hkdf.Key(sha256.New, key, nil, "huiliu pseudonym", 32)
	if err != nil {
		return nil, fmt.Errorf("derive pseudonym key: %w", err)
	}
	id, err := hkdf.Key(sha256.New, key, nil, "huiliu key id", 4)
	if err != nil {
		return nil, fmt.Errorf("derive key id: %w", err)
	}
	var block cipher.Block
	switch suite {
	case AES:
		block, err = aes.NewCipher(encrypt)
	case SM:
		block, err = sm4.NewCipher(encrypt[:16])
	default:
		return nil, fmt.Errorf("unknown suite %d", suite)
	}
	if err != nil {
		return nil, fmt.Errorf("make cipher: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("make GCM: %w", err)
	}
	b := &Box{suite: suite, id: binary.BigEndian.Uint32(id), aead: aead}
	b.macs.New = func() any {
		if suite == SM {
			return &mac{Hash: hmac.New(func() hash.Hash { return sm3.New() }, pepper)}
		}
		return &mac{Hash: hmac.New(sha256.New, pepper)}
	}
	return b, nil
}

// Seal appends the sealed form of plain to dst. The context is authenticated
// and not stored: Open needs the same one, so a sealed value can't be moved
// to another place unseen.
func (b *Box) Seal(dst, plain []byte, context string) []byte {
	start := len(dst)
	dst = append(dst, byte(b.suite))
	dst = binary.BigEndian.AppendUint32(dst, b.id)
	dst = append(dst, make([]byte, nonceSize)...)
	nonce := dst[start+5 : start+headerSize]
	rand.Read(nonce) // never fails: crypto/rand ends the program instead
	return b.aead.Seal(dst, nonce, plain, []byte(context))
}

// Open appends the plain form of sealed bytes to dst. It fails with
// ErrForeignKey or ErrDamaged.
func (b *Box) Open(dst, sealed []byte, context string) ([]byte, error) {
	if len(sealed) < Overhead {
		return nil, ErrDamaged
	}
	if Suite(sealed[0]) != b.suite || binary.BigEndian.Uint32(sealed[1:5]) != b.id {
		return nil, ErrForeignKey
	}
	plain, err := b.aead.Open(dst, sealed[5:headerSize], sealed[headerSize:], []byte(context))
	if err != nil {
		return nil, ErrDamaged
	}
	return plain, nil
}

// KeyID returns the short public name of the key in use, eight hex digits.
func (b *Box) KeyID() string { return fmt.Sprintf("%08x", b.id) }

var letters = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// PseudonymSize is the length of a pseudonym in bytes.
const PseudonymSize = 26

// Pseudonym names a value so that equal values of one domain have equal names
// and nobody without the key can go back: 26 letters and digits (128 bits of
// the HMAC, RFC 2104).
func (b *Box) Pseudonym(domain, value string) string {
	return string(b.AppendPseudonym(nil, domain, []byte(value)))
}

// AppendPseudonym appends what Pseudonym returns.
func (b *Box) AppendPseudonym(dst []byte, domain string, value []byte) []byte {
	m := b.macs.Get().(*mac)
	defer b.macs.Put(m)
	m.Reset()
	m.room = append(append(append(m.room[:0], domain...), 0), value...)
	m.Write(m.room)
	return letters.AppendEncode(dst, m.Sum(m.room[:0])[:16])
}

// Sum is 64 bits of the HMAC of a number: a key by which rows can be joined
// without telling what it is made of.
func (b *Box) Sum(domain string, number uint64) uint64 {
	m := b.macs.Get().(*mac)
	defer b.macs.Put(m)
	m.Reset()
	m.room = binary.BigEndian.AppendUint64(append(append(m.room[:0], domain...), 0), number)
	m.Write(m.room)
	return binary.BigEndian.Uint64(m.Sum(m.room[:0]))
}

// mac is an HMAC with memory to work in.
type mac struct {
	hash.Hash
	room []byte
}
