package config

func wrongHTTP() []wrong {
	return []wrong{
		{
			"no port to listen on",
			`http: {listen: localhost}`,
			`e.yaml:1:16: http.listen: "localhost" has no port; write host:port, as in 127.0.0.1:9850, or :port for all addresses of this machine
   1 | http: {listen: localhost}
     |                ^`,
		},
		{
			"a URL to listen on",
			`http: {listen: "http://127.0.0.1:9850"}`,
			`e.yaml:1:16: http.listen: "http://127.0.0.1:9850" is more than an address; write host:port, as in 127.0.0.1:9850, or :port for all addresses of this machine
   1 | http: {listen: "http://127.0.0.1:9850"}
     |                ^`,
		},
		{
			"a port that there is not",
			`http: {listen: "127.0.0.1:99999"}`,
			`e.yaml:1:16: http.listen: "127.0.0.1:99999" has port 99999; allowed is 1 to 65535, or 0 for any that is free
   1 | http: {listen: "127.0.0.1:99999"}
     |                ^`,
		},
		{
			"a password where there is none",
			`http: {listen: "user:secret@127.0.0.1:9850"}`,
			`e.yaml:1:16: http.listen: credentials do not belong here: whoever reaches the address may read; write host:port, as in 127.0.0.1:9850, or :port for all addresses of this machine
   1 | http: {listen: "***@127.0.0.1:9850"}
     |                ^`,
		},
		{
			"an IPv6 address without brackets",
			`http: {listen: "::1:9850"}`,
			`e.yaml:1:16: http.listen: "::1:9850" can't be told apart into host and port; write host:port, as in 127.0.0.1:9850, or :port for all addresses of this machine
   1 | http: {listen: "::1:9850"}
     |                ^`,
		},
		{
			"a bound for nobody",
			`http: {wait-bound: 5m}`,
			`e.yaml:1:20: http.wait-bound: it is for /readyz, and http.listen names no address to tell it at; name one, or leave this key out
   1 | http: {wait-bound: 5m}
     |                    ^`,
		},
		{
			"a bound that is none",
			`http: {listen: "127.0.0.1:9850", wait-bound: 0s}`,
			`e.yaml:1:46: http.wait-bound: 0s is out of range; allowed is 1s to 1d
   1 | http: {listen: "127.0.0.1:9850", wait-bound: 0s}
     |                                              ^`,
		},
	}
}
