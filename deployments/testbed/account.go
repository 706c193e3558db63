package testbed

import "crypto/rand"

// Account is somebody whom a server knows.
type Account struct {
	User     string `json:"user"`
	Password string `json:"password"`
}

// newAccount has a password of its own each time: nothing can come to depend
// on it.
func newAccount(user string) Account { return Account{User: user, Password: rand.Text()} }
