//go:build unix && !linux

package testbed

import "syscall"

// attributes: other kernels than Linux do not end a child with its parent.
func (g program) attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: !g.lasting, Setsid: g.lasting}
}
