package sftp

import (
	"errors"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"huiliu/internal/conf"
)

type connection struct {
	Address    string        `yaml:"address,required"`
	User       string        `yaml:"user,required"`
	Password   string        `yaml:"password"`
	PrivateKey string        `yaml:"private_key"`
	KeyFile    string        `yaml:"key_file"`
	Passphrase string        `yaml:"passphrase"`
	HostKey    []string      `yaml:"host_key"`
	KnownHosts string        `yaml:"known_hosts"`
	Root       string        `yaml:"root,required"`
	Timeout    time.Duration `yaml:"timeout"`
	Settle     time.Duration `yaml:"settle"`
}

const (
	// defaultTimeout is how long the server may be silent.
	defaultTimeout = 30 * time.Second
	// defaultSettle is longer than an upload pauses between two writes.
	defaultSettle = 10 * time.Second
)

func parseConnection(s conf.Section) (connection, error) {
	c := connection{Timeout: defaultTimeout, Settle: defaultSettle}
	if s.Absent() {
		return c, conf.MissingKey.At(s.Place(), "key", "connection", "want", "{address: host:22, user: …, root: …}")
	}
	faults := []error{s.Decode(&c)}
	wrong := func(bad bool, key, value, want string) {
		if bad {
			faults = append(faults, conf.WrongValue.At(s.Get(key).Place(), "key", key, "value", value, "want", want))
		}
	}
	c.Address = strings.TrimPrefix(c.Address, "sftp://")
	if _, _, err := net.SplitHostPort(c.Address); err != nil && c.Address != "" {
		c.Address = net.JoinHostPort(strings.Trim(c.Address, "[]"), "22")
	}
	_, port, err := net.SplitHostPort(c.Address)
	wrong(c.Address != "" && (err != nil || port == ""), "address", c.Address, "host or host:port")
	given := 0
	for _, secret := range []string{c.Password, c.PrivateKey, c.KeyFile} {
		if secret != "" {
			given++
		}
	}
	// The value is a secret: the fault does not show it.
	wrong(given != 1, "password", "given or absent as it is", "exactly one of password, private_key and key_file")
	wrong((len(c.HostKey) > 0) == (c.KnownHosts != ""), "host_key", strings.Join(c.HostKey, ", "), "the server's SHA256:… fingerprint, or known_hosts instead: an unknown server is never trusted")
	for _, k := range c.HostKey {
		wrong(!strings.HasPrefix(k, "SHA256:"), "host_key", k, "SHA256:…, as ssh-keygen -lf prints it")
	}
	wrong(c.Timeout <= 0, "timeout", c.Timeout.String(), "a duration above 0")
	wrong(c.Settle < 0, "settle", c.Settle.String(), "a duration, 0s for none")
	return c, errors.Join(faults...)
}

// login is what the user shows to the server.
func (c *connection) login() ([]ssh.AuthMethod, error) {
	if c.Password != "" {
		answer := func(_, _ string, questions []string, _ []bool) ([]string, error) {
			return slices.Repeat([]string{c.Password}, len(questions)), nil
		}
		return []ssh.AuthMethod{ssh.Password(c.Password), ssh.KeyboardInteractive(answer)}, nil
	}
	text, from, key := []byte(c.PrivateKey), "private_key", "private_key"
	if c.KeyFile != "" {
		var err error
		if text, err = os.ReadFile(c.KeyFile); err != nil {
			return nil, BadKey.At(c.KeyFile, "file", c.KeyFile, "key", "key_file").Because(err)
		}
		from, key = c.KeyFile, "key_file"
	}
	var signer ssh.Signer
	var err error
	if c.Passphrase == "" {
		signer, err = ssh.ParsePrivateKey(text)
	} else {
		signer, err = ssh.ParsePrivateKeyWithPassphrase(text, []byte(c.Passphrase))
	}
	if err != nil {
		return nil, BadKey.At(from, "file", from, "key", key).Because(err)
	}
	return []ssh.AuthMethod{ssh.PublicKeys(signer)}, nil
}

// pinned tells whether a host key is the expected one.
func (c *connection) pinned() (ssh.HostKeyCallback, error) {
	if c.KnownHosts != "" {
		check, err := knownhosts.New(c.KnownHosts)
		if err != nil {
			return nil, BadKey.At(c.KnownHosts, "file", c.KnownHosts, "key", "known_hosts").Because(err)
		}
		return check, nil
	}
	return func(_ string, _ net.Addr, key ssh.PublicKey) error {
		if slices.Contains(c.HostKey, ssh.FingerprintSHA256(key)) {
			return nil
		}
		return errors.New("not pinned")
	}, nil
}
