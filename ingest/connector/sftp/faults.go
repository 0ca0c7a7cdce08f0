package sftp

import "huiliu/internal/fault"

// Faults of a department's server. Those of the class Input are not tried
// again: nothing but a mended configuration helps.
var (
	// Unreachable is raised when the server does not answer or the connection
	// was lost.
	Unreachable = kind("sftp_unreachable", fault.Failed, "the SFTP server {address} does not answer", "SFTP 服务器 {address} 没有响应",
		"check connection.address, the network, and whether the server runs", "检查 connection.address、网络，以及服务器是否在运行")
	// Denied is raised when the server does not accept the user.
	Denied = kind("sftp_denied", fault.Input, "the SFTP server {address} refuses the user {user}", "SFTP 服务器 {address} 拒绝用户 {user} 登录",
		"correct user, password or key, or ask the department for access", "改正 user、password 或密钥设置，或请部门开通权限")
	// HostKey is raised when the server shows a key that is not the pinned
	// one. Nothing was sent to it.
	HostKey = kind("sftp_host_key", fault.Input, "the server {address} shows the unknown host key {got}", "服务器 {address} 出示的主机密钥 {got} 不是已登记的密钥",
		"ask the department by another way whether its key changed; only then correct host_key or known_hosts", "请先通过其他途径向部门核实密钥是否更换，确认后再改正 host_key 或 known_hosts")
	// RootMissing is raised when the folder is not there or may not be read.
	RootMissing = kind("sftp_root_missing", fault.Missing, "the server {address} has no folder {root}", "服务器 {address} 上没有文件夹 {root}",
		"correct connection.root, or ask the department for the folder and the right to read it", "改正 connection.root，或请部门建立该文件夹并开通读取权限")
	// BadKey is raised when a key file can't be used.
	BadKey = kind("sftp_key_file", fault.Input, "the key in {file} can't be used", "无法使用 {file} 中的密钥",
		"correct {key}, and passphrase if the key has one", "改正 {key}；密钥有口令时填写 passphrase")
)

func kind(code string, class fault.Class, en, zh, mendEN, mendZH string) *fault.Kind {
	return &fault.Kind{Code: code, Class: class, Cause: fault.Text{EN: en, ZH: zh}, Mend: fault.Text{EN: mendEN, ZH: mendZH}}
}
