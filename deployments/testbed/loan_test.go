//go:build servers

package testbed

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
)

// lend begins a loan that this process borrows from, and gives what it says.
func lend(t *testing.T, names ...string) (*Loan, *[]string) {
	t.Helper()
	var said []string
	loan, err := Lend(t.Context(), names, func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) })
	if err != nil {
		t.Fatal(err)
	}
	name, socket, _ := strings.Cut(loan.Variable(), "=")
	t.Setenv(name, socket)
	return loan, &said
}

func find(t *testing.T) *Server {
	t.Helper()
	server, err := Find(t.Context(), NameVersityGW)
	if err != nil || server == nil {
		t.Fatalf("found %v, %v", server, err)
	}
	if err := server.S3.answers(t.Context()); err != nil {
		t.Fatal(err)
	}
	return server
}

// TestLoanStartsOnce what is asked for, by several at once.
func TestLoanStartsOnce(t *testing.T) {
	c := alone(t)
	loan, said := lend(t)
	var all sync.WaitGroup
	var found [4]*Server
	for i := range found {
		all.Go(func() { found[i] = find(t) })
	}
	all.Wait()
	for _, server := range found {
		if *server.S3 != *found[0].S3 {
			t.Errorf("%v and %v: started twice", server, found[0])
		}
	}
	if len(*said) != 1 || !strings.HasPrefix((*said)[0], "versitygw: versitygw "+VersityGWVersion+", "+found[0].S3.Endpoint) {
		t.Errorf("it says %q", *said)
	}
	if err := found[0].Stop(); err != nil || found[0].S3.answers(t.Context()) != nil {
		t.Errorf("who borrowed a server has stopped it, %v", err)
	}
	if _, err := Find(t.Context(), "mainframe"); err == nil || !strings.Contains(err.Error(), `"mainframe"`) {
		t.Errorf("asked for a server that does not exist: %v", err)
	}
	if err := loan.End(); err != nil {
		t.Error(err)
	}
	if found[0].S3.answers(t.Context()) == nil {
		t.Error("the server outlives the loan")
	}
	if left, err := os.ReadDir(c.path("run")); err != nil || len(left) > 0 {
		t.Errorf("the loan has left %v, %v", left, err)
	}
	if _, err := Find(t.Context(), NameVersityGW); err == nil || !strings.Contains(err.Error(), loanVariable) {
		t.Errorf("asked for a server when the loan had ended: %v", err)
	}
}

// TestLoanLendsWhatIsUp, and leaves it up; what is of another version is not
// lent.
func TestLoanLendsWhatIsUp(t *testing.T) {
	c := alone(t)
	raised := up(t)
	defer func() {
		if err := Down(t.Context(), func(string) {}); err != nil {
			t.Error(err)
		}
	}()
	loan, _ := lend(t, NameVersityGW)
	if got := find(t); *got.S3 != *raised.S3 {
		t.Errorf("lent %v, want %v", got, raised)
	}
	if err := loan.End(); err != nil || raised.S3.answers(t.Context()) != nil {
		t.Errorf("what was up is gone: %v", err)
	}
	file := c.path("up", NameVersityGW, stateFile)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(text), VersityGWVersion, "v1.0.0", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	loan, _ = lend(t, NameVersityGW)
	if got := find(t); got.S3.Endpoint == raised.S3.Endpoint {
		t.Error("a server of another version was lent")
	}
	if err := loan.End(); err != nil {
		t.Error(err)
	}
}

// TestLoanTellsOfServersThatEnded, which is why tests have failed.
func TestLoanTellsOfServersThatEnded(t *testing.T) {
	alone(t)
	loan, _ := lend(t, NameVersityGW)
	if err := loan.lent[NameVersityGW].server.nodes[0].Kill(); err != nil {
		t.Fatal(err)
	}
	err := loan.End()
	for _, part := range []string{"versitygw ended while it was needed", "versitygw.log", "signal: killed"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("no %q in: %v", part, err)
		}
	}
}
