package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"earwitness/sources/genesys/fakecloud"
	"earwitness/sources/simulate"
)

type fakeGenesysFlags struct {
	world, listen string
	late          time.Duration
	trouble       share
	config        fakecloud.Config
}

func fakeGenesysCommand() *cobra.Command {
	var flags fakeGenesysFlags
	cmd := &cobra.Command{
		Use:     "fake-genesys",
		GroupID: groupRun,
		Short:   "Serve a simulated world as Genesys Cloud's API would",
		Long: `Serve the audits of a simulated world by an HTTP server that behaves like the
API of Genesys Cloud, as far as that is publicly known: client credentials that
expire, a rate limit, audit queries with pages and downloads, service mapping,
users and recording metadata. It refuses what the real one refuses. For demos
and for trying out settings; nothing here was compared with a live organisation.

Audits that the world sent as events are left out: they come by EventBridge and
never by a query. It ends when it is interrupted.`,
		Example: `  earwitness simulate --out ./world
  earwitness fake-genesys --world ./world

  # one that is often in trouble, and whose audits come late
  earwitness fake-genesys --world ./world --trouble 20% --late 90s`,
		Args: exactly(0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := needFlags(cmd, "world"); err != nil {
				return err
			}
			return flags.serve(cmd)
		},
	}
	set := cmd.Flags()
	set.StringVar(&flags.world, "world", "", "folder `DIR` of a world, or of audits in any shape")
	set.StringVar(&flags.listen, "listen", "127.0.0.1:8092", "listen at `HOST:PORT`; port 0 takes a free one")
	set.StringVar(&flags.config.ClientID, "client-id", "client", "`ID` of the OAuth client")
	set.StringVar(&flags.config.ClientSecret, "client-secret", "secret", "its `SECRET`, which protects nothing")
	set.IntVar(&flags.config.RatePerMinute, "rate", 300, "allow `N` calls a minute")
	set.DurationVar(&flags.config.TokenTTL, "token-ttl", 24*time.Hour, "tokens live for `TIME`")
	set.DurationVar(&flags.config.IdleTimeout, "idle-timeout", 0, "tokens die unused after `TIME`; 0: never")
	set.IntVar(&flags.config.RedirectAbove, "redirect-above", 2000, "redirect to downloads above `N` audits")
	set.DurationVar(&flags.late, "late", 0, "queries find an audit `TIME` after it happened")
	set.Var(&flags.trouble, "trouble", "`SHARE` of calls that meet an error, HTML, a dead token or the like")
	return cmd
}

func (f *fakeGenesysFlags) serve(cmd *cobra.Command) (err error) {
	f.config.TroubleShare = float64(f.trouble)
	audits := f.world
	if settings, err := simulate.ReadSettings(f.world); err == nil {
		f.config.Org, audits = settings.Org, filepath.Join(f.world, simulate.AuditsDir)
	}
	cloud := fakecloud.New(f.config)
	filled, err := cloud.Fill(audits, f.late)
	if err != nil {
		return err
	}
	ctx := cmd.Context()
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", f.listen)
	if err != nil {
		return fmt.Errorf("serve fake Genesys: %w; name another address with --listen", err)
	}
	if err := f.print(cmd.OutOrStdout(), listener.Addr(), &filled); err != nil {
		return errors.Join(err, listener.Close())
	}
	server := &http.Server{
		Handler: cloud, ReadHeaderTimeout: 10 * time.Second,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	stopped := make(chan error, 1)
	unhook := context.AfterFunc(ctx, func() {
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		stopped <- server.Shutdown(stopping)
	})
	defer unhook()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve fake Genesys: %w", err)
	}
	return <-stopped
}

func (f *fakeGenesysFlags) print(out io.Writer, at net.Addr, filled *fakecloud.Filled) error {
	_, err := fmt.Fprintf(out, `%s of the platform, %s of quality, %s and %s
at http://%s, client %s

%s were left out: they come by EventBridge.
`, count(uint64(filled.Platform), "audit"), count(uint64(filled.Quality), "audit"), count(uint64(filled.Users), "user"),
		count(uint64(filled.Recordings), "recording"), at, f.config.ClientID, count(uint64(filled.Events), "event"))
	return err
}
