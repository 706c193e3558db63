package config

func wrongArchive() []wrong {
	return []wrong{
		{
			"a directory and a bucket",
			`worm: {directory: /archive, s3: {url: "s3://trail/a", mode: compliance, retention: 2557d}}`,
			`e.yaml:1:19: worm.directory: worm.s3 is given too, and there is one archive; leave one of them out
   1 | worm: {directory: /archive, s3: {url: "s3://trail/a", mode: compliance, retention: 2557d}}
     |                   ^`,
		},
		{
			"no retention",
			`worm: {s3: {url: "s3://trail/a", mode: compliance}}`,
			`e.yaml:1:12: worm.s3: retention is missing; it has no default because it cannot be shortened; say how long everything must be kept, as in 2557d for seven years
   1 | worm: {s3: {url: "s3://trail/a", mode: compliance}}
     |            ^`,
		},
		{
			"no mode",
			`worm: {s3: {url: "s3://trail/a", retention: 2557d}}`,
			`e.yaml:1:12: worm.s3: mode is missing; it has no default because compliance cannot be undone; allowed are compliance, governance
   1 | worm: {s3: {url: "s3://trail/a", retention: 2557d}}
     |            ^`,
		},
		{
			"no bucket",
			"worm: {s3: {mode: compliance, retention: 2557d}}",
			`e.yaml:1:12: worm.s3: url is missing; name the bucket, as in s3://BUCKET/PREFIX
   1 | worm: {s3: {mode: compliance, retention: 2557d}}
     |            ^`,
		},
		{
			"a bucket by its web address",
			`worm: {s3: {url: "https://trail.s3.amazonaws.com/a", mode: compliance, retention: 2557d}}`,
			`e.yaml:1:18: worm.s3.url: it does not begin with s3://; write s3://BUCKET/PREFIX
   1 | worm: {s3: {url: "https://trail.s3.amazonaws.com/a", mode: compliance, retention: 2557d}}
     |                  ^`,
		},
		{
			"a bucket's name that is none",
			`worm: {s3: {url: "s3://Trail/a", mode: compliance, retention: 2557d}}`,
			`e.yaml:1:18: worm.s3.url: bucket "Trail" is not a bucket's name: 3 to 63 lower-case letters, digits, dots and hyphens; write s3://BUCKET/PREFIX
   1 | worm: {s3: {url: "s3://Trail/a", mode: compliance, retention: 2557d}}
     |                  ^`,
		},
		{
			"parameters in the address",
			`worm: {s3: {url: "s3://trail/a?region=eu-central-1", mode: compliance, retention: 2557d}}`,
			`e.yaml:1:18: worm.s3.url: nothing may stand behind ? or #: parameters are keys of their own; write s3://BUCKET/PREFIX
   1 | worm: {s3: {url: "s3://trail/a?***
     |                  ^`,
		},
		{
			"credentials in the address",
			`worm: {s3: {url: "s3://AKIA:secret@trail/a", mode: compliance, retention: 2557d}}`,
			`e.yaml:1:18: worm.s3.url: credentials do not belong here: they come from the environment, a profile or a role; write s3://BUCKET/PREFIX
   1 | worm: {s3: {url: "s3://***@trail/a", mode: compliance, retention: 2557d}}
     |                  ^`,
		},
		{
			"a mode that is none",
			`worm: {s3: {url: "s3://trail/a", mode: legal-hold, retention: 2557d}}`,
			`e.yaml:1:40: worm.s3.mode: "legal-hold" is no mode; allowed are compliance, governance
   1 | worm: {s3: {url: "s3://trail/a", mode: legal-hold, retention: 2557d}}
     |                                        ^`,
		},
		{
			"a retention of nothing",
			`worm: {s3: {url: "s3://trail/a", mode: compliance, retention: 0s}}`,
			`e.yaml:1:63: worm.s3.retention: 0s is out of range; allowed is 1d to 36500d
   1 | worm: {s3: {url: "s3://trail/a", mode: compliance, retention: 0s}}
     |                                                               ^`,
		},
		{
			"a retention without end",
			`worm: {s3: {url: "s3://trail/a", mode: compliance, retention: forever}}`,
			`e.yaml:1:63: worm.s3.retention: "forever" is not a duration; write a whole number with its unit: s, m, h or d, as in 10m or 1h30m
   1 | worm: {s3: {url: "s3://trail/a", mode: compliance, retention: forever}}
     |                                                               ^`,
		},
		{
			"a retention of years",
			`worm: {s3: {url: "s3://trail/a", mode: compliance, retention: 7y}}`,
			`e.yaml:1:63: worm.s3.retention: "7y" is not a duration; write a whole number with its unit: s, m, h or d, as in 10m or 1h30m
   1 | worm: {s3: {url: "s3://trail/a", mode: compliance, retention: 7y}}
     |                                                               ^`,
		},
		{
			"a key, and encryption left to the bucket",
			`worm: {s3: {url: "s3://trail/a", mode: compliance, retention: 2557d, encryption: bucket, kms-key: alias/trail}}`,
			`e.yaml:1:99: worm.s3.kms-key: it is for encryption by kms, and worm.s3.encryption leaves it to the bucket; write encryption: kms, or leave this key out
   1 | worm: {s3: {url: "s3://trail/a", mode: compliance, retention: 2557d, encryption: bucket, kms-key: alias/trail}}
     |                                                                                                   ^`,
		},
		{
			"an encryption by its name in S3",
			`worm: {s3: {url: "s3://trail/a", mode: compliance, retention: 2557d, encryption: "aws:kms"}}`,
			`e.yaml:1:82: worm.s3.encryption: "aws:kms" is no encryption; allowed are kms, bucket
   1 | worm: {s3: {url: "s3://trail/a", mode: compliance, retention: 2557d, encryption: "aws:kms"}}
     |                                                                                  ^`,
		},
		{
			"an external id without a role",
			`worm: {s3: {url: "s3://trail/a", mode: compliance, retention: 2557d, external-id: x7}}`,
			`e.yaml:1:83: worm.s3.external-id: it is for a role, and none is named; name it by worm.s3.role-arn, or leave this key out
   1 | worm: {s3: {url: "s3://trail/a", mode: compliance, retention: 2557d, external-id: x7}}
     |                                                                                   ^`,
		},
		{
			"a role that is a user",
			`worm: {s3: {url: "s3://trail/a", mode: compliance, retention: 2557d, role-arn: "arn:aws:iam::111122223333:user/archive"}}`,
			`e.yaml:1:80: worm.s3.role-arn: "arn:aws:iam::111122223333:user/archive" is no ARN of a role; write it as in arn:aws:iam::111122223333:role/archive
   1 | worm: {s3: {url: "s3://trail/a", mode: compliance, retention: 2557d, role-arn: "arn:aws:iam::111122223333:user/archive"}}
     |                                                                                ^`,
		},
		{
			"an account as a number",
			`worm: {s3: {url: "s3://trail/a", mode: compliance, retention: 2557d, owner: 111122223333}}`,
			`e.yaml:1:77: worm.s3.owner: a number stands here; a text is wanted: put it in quotes if it is meant so
   1 | worm: {s3: {url: "s3://trail/a", mode: compliance, retention: 2557d, owner: 111122223333}}
     |                                                                             ^`,
		},
		{
			"an account that is none",
			`worm: {s3: {url: "s3://trail/a", mode: compliance, retention: 2557d, owner: "1111-2222-3333"}}`,
			`e.yaml:1:77: worm.s3.owner: "1111-2222-3333" is no account; write its 12 digits, in quotes
   1 | worm: {s3: {url: "s3://trail/a", mode: compliance, retention: 2557d, owner: "1111-2222-3333"}}
     |                                                                             ^`,
		},
		{
			"a bucket in the endpoint",
			`worm: {s3: {url: "s3://trail/a", mode: compliance, retention: 2557d, endpoint: "https://s3.example.org/trail"}}`,
			`e.yaml:1:80: worm.s3.endpoint: "https://s3.example.org/trail" holds more than a server's address, the path /trail; write it as in https://server.example.org:9200 or "https://[2001:db8::1]:9200"
   1 | worm: {s3: {url: "s3://trail/a", mode: compliance, retention: 2557d, endpoint: "https://s3.example.org/trail"}}
     |                                                                                ^`,
		},
		{
			"an endpoint without a scheme",
			`worm: {s3: {url: "s3://trail/a", mode: compliance, retention: 2557d, endpoint: "s3.example.org:9000"}}`,
			`e.yaml:1:80: worm.s3.endpoint: "s3.example.org:9000" begins with neither http:// nor https://; write it as in https://server.example.org:9200 or "https://[2001:db8::1]:9200"
   1 | worm: {s3: {url: "s3://trail/a", mode: compliance, retention: 2557d, endpoint: "s3.example.org:9000"}}
     |                                                                                ^`,
		},
		{
			"a CA without TLS",
			`worm: {s3: {url: "s3://trail/a", mode: compliance, retention: 2557d, endpoint: "http://localhost:9000", ca: ca.pem}}`,
			`e.yaml:1:109: worm.s3.ca: it is for https://, and worm.s3.endpoint begins with http://; write https:// there, or leave this key out
   1 | worm: {s3: {url: "s3://trail/a", mode: compliance, retention: 2557d, endpoint: "http://localhost:9000", ca: ca.pem}}
     |                                                                                                             ^`,
		},
		{
			"checksums that are not known",
			`worm: {s3: {url: "s3://trail/a", mode: compliance, retention: 2557d, checksums: none}}`,
			`e.yaml:1:81: worm.s3.checksums: "none" is no way to use checksums; allowed are auto, when_required
   1 | worm: {s3: {url: "s3://trail/a", mode: compliance, retention: 2557d, checksums: none}}
     |                                                                                 ^`,
		},
		{
			"a skew that hides a wrong clock",
			`worm: {s3: {url: "s3://trail/a", mode: compliance, retention: 2557d, clock-skew: 1d}}`,
			`e.yaml:1:82: worm.s3.clock-skew: 1d is out of range; allowed is 1s to 1h
   1 | worm: {s3: {url: "s3://trail/a", mode: compliance, retention: 2557d, clock-skew: 1d}}
     |                                                                                  ^`,
		},
		{
			"no attempts",
			`worm: {s3: {url: "s3://trail/a", mode: compliance, retention: 2557d, attempts: 0}}`,
			`e.yaml:1:80: worm.s3.attempts: 0 is out of range; allowed is 1 to 10
   1 | worm: {s3: {url: "s3://trail/a", mode: compliance, retention: 2557d, attempts: 0}}
     |                                                                                ^`,
		},
	}
}
