// Package sftp reads files that lie on another machine, over SFTP: the tables'
// settings, formats, marks and manifests are those of the files connector, and
// so is the code; here are the connection and the tree that it reads.
//
// The server's key is pinned and an unknown one refused. Each reader has a
// connection of its own; one that is lost stays lost, and the next try begins
// at the last page's mark on a new one. A symbolic link is followed below the
// root alone.
package sftp
