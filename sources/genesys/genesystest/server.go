package genesystest

import (
	"net/http/httptest"
	"testing"

	"earwitness/sources/genesys/fakecloud"
)

// Server is a Cloud at an address of this machine.
type Server struct {
	*fakecloud.Cloud
	// URL of the API, the login server and the file server alike.
	URL string
}

// Start serves until the test ends. Calls that hang are cut off then.
func Start(t *testing.T, config fakecloud.Config) *Server {
	t.Helper()
	cloud := fakecloud.New(config)
	server := httptest.NewServer(cloud)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return &Server{Cloud: cloud, URL: server.URL}
}
