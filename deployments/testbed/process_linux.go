package testbed

import (
	"os"
	"syscall"
)

// seenUser is as whom root's processes see themselves where root is refused.
const seenUser = 1000

func (g program) attributes() *syscall.SysProcAttr {
	attributes := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if g.lasting {
		attributes = &syscall.SysProcAttr{Setsid: true}
	}
	if g.notRoot && os.Geteuid() == 0 {
		// The same user, called otherwise: it still reads what root may read,
		// so that nothing has to change its owner.
		attributes.Cloneflags = syscall.CLONE_NEWUSER
		attributes.UidMappings = []syscall.SysProcIDMap{{ContainerID: seenUser, HostID: 0, Size: 1}}
		attributes.GidMappings = []syscall.SysProcIDMap{{ContainerID: seenUser, HostID: 0, Size: 1}}
	}
	return attributes
}
