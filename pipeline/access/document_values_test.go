package access

import "testing"

func TestRevision(t *testing.T) {
	for _, offset := range []int64{0, 1, 1<<40 - 1} {
		for _, epoch := range []uint64{0, 1, 77} {
			e, o := SplitRevision(Revision(epoch, offset))
			if e != epoch || o != offset {
				t.Errorf("Revision(%d, %d) splits into %d, %d", epoch, offset, e, o)
			}
		}
	}
	if Revision(2, 0) <= Revision(1, 1<<40-1) {
		t.Error("a later epoch does not come after the last offset of the one before")
	}
}

func TestEndpointRegion(t *testing.T) {
	tests := map[string]string{
		"acme.s3.eu-west-1.amazonaws.com":             "eu-west-1",
		"acme.s3.eu-west-1.amazonaws.com:443":         "eu-west-1",
		"s3.dualstack.us-gov-west-1.amazonaws.com":    "us-gov-west-1",
		"acme.s3-ap-south-1.amazonaws.com":            "ap-south-1",
		"ap-1.s3-accesspoint.us-east-2.amazonaws.com": "us-east-2",
		"acme.s3.cn-north-1.amazonaws.com.cn":         "cn-north-1",
		"acme.s3.amazonaws.com":                       "",
		"acme.s3-accelerate.amazonaws.com":            "",
		"voice.example.com":                           "",
		"":                                            "",
	}
	for host, want := range tests {
		if got := endpointRegion(host); got != want {
			t.Errorf("endpointRegion(%q) = %q, want %q", host, got, want)
		}
	}
}

func TestSplitRequestLine(t *testing.T) {
	tests := map[string]requestLine{
		"GET /a?b=c HTTP/1.1":  {"GET", "/a?b=c", "/a", "b=c", "1.1"},
		"GET /a b?c d HTTP/2":  {"GET", "/a b?c d", "/a b", "c d", "2"},
		"PUT /a":               {"PUT", "/a", "/a", "", ""},
		"-":                    {},
		"":                     {},
		"get /lower HTTP/1.1":  {},
		"GET":                  {},
		"HEAD /x HTTP/1.1 end": {"HEAD", "/x HTTP/1.1 end", "/x HTTP/1.1 end", "", ""},
	}
	for line, want := range tests {
		if got := splitRequestLine(line); got != want {
			t.Errorf("splitRequestLine(%q) = %+v, want %+v", line, got, want)
		}
	}
}

func TestAccount(t *testing.T) {
	tests := map[string]string{
		"arn:aws:sts::111122223333:assumed-role/R": "111122223333",
		"arn:aws:iam::444455556666:user/mallory":   "444455556666",
		"svc:cloudfront.amazonaws.com":             "",
		"arn:aws:s3:::bucket":                      "",
		"arn:aws":                                  "",
		"79a59df900b949e55d96a1e698fbacedfd6e09d9": "",
	}
	for arn, want := range tests {
		if got := arnAccount(arn); got != want {
			t.Errorf("arnAccount(%q) = %q, want %q", arn, got, want)
		}
	}
}

func TestCanonicalIP(t *testing.T) {
	tests := map[string]string{
		"198.51.100.7": "198.51.100.7", "::ffff:198.51.100.7": "198.51.100.7", "2001:DB8:0:0::1": "2001:db8::1",
		"fe80::1%eth0": "", "-": "", "": "", "host": "", "198.51.100.7:80": "",
	}
	for text, want := range tests {
		if got := canonicalIP(text); got != want {
			t.Errorf("canonicalIP(%q) = %q, want %q", text, got, want)
		}
	}
}
