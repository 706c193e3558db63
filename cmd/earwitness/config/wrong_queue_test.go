package config

// wrongQueues are mistakes in sources that a queue feeds.
func wrongQueues() []wrong {
	const (
		address = "https://sqs.eu-central-1.amazonaws.com/111122223333/logs"
		begin   = "sources:\n- name: a\n  type: s3-access-log\n  path: s3://logs/a/\n"
		whole   = begin + "  queue:\n    url: " + address + "\n"
	)
	return []wrong{
		{"no URL of a queue", begin + "  queue: {region: eu-central-1}\n", "e.yaml:5:10: sources[0].queue: url is missing\n   5 |   queue: {region: eu-central-1}\n     |          ^"},
		{"a queue's URL that is none", begin + "  queue: {url: log-objects}\n", "e.yaml:5:16: sources[0].queue.url: queue \"log-objects\" is not a URL like https://sqs.eu-central-1.amazonaws.com/123456789012/log-objects\n   5 |   queue: {url: log-objects}\n     |                ^"},
		{"a queue's ARN in place of its URL", begin + "  queue: {url: \"arn:aws:sqs:eu-central-1:111122223333:logs\"}\n", "e.yaml:5:16: sources[0].queue.url: queue \"arn:aws:sqs:eu-central-1:111122223333:logs\" is not a URL like https://sqs.eu-central-1.amazonaws.com/123456789012/log-objects\n   5 |   queue: {url: \"arn:aws:sqs:eu-central-1:111122223333:logs\"}\n     |                ^"},
		{"a queue's URL without its account", begin + "  queue: {url: \"https://sqs.eu-central-1.amazonaws.com/logs\"}\n", "e.yaml:5:16: sources[0].queue.url: queue \"https://sqs.eu-central-1.amazonaws.com/logs\" is not a URL like https://sqs.eu-central-1.amazonaws.com/123456789012/log-objects\n   5 |   queue: {url: \"https://sqs.eu-central-1.amazonaws.com/logs\"}\n     |                ^"},
		{"credentials in a queue's URL", begin + "  queue: {url: \"https://key:word@sqs.eu-central-1.amazonaws.com/111122223333/logs\"}\n", "e.yaml:5:16: sources[0].queue.url: the URL of a queue holds no credentials: they come from the environment, a profile or a role\n   5 |   queue: {url: \"https://key:***\n     |                ^"},
		{"a FIFO queue", begin + "  queue: {url: " + address + ".fifo}\n", "e.yaml:5:16: sources[0].queue.url: queue \"https://sqs.eu-central-1.amazonaws.com/111122223333/logs.fifo\" is a FIFO queue: S3 can't notify one, and a message that fails would hold up those behind it; use a standard queue\n   5 |   queue: {url: https://sqs.eu-central-1.amazonaws.com/111122223333/logs.fifo}\n     |                ^"},
		{"a queue that tells of objects nowhere", "sources:\n- name: a\n  type: s3-access-log\n  queue: {url: " + address + "}\n", "e.yaml:4:10: sources[0].queue: its messages tell of objects in a bucket: path is missing, write s3://BUCKET/PREFIX there; only a source of type genesys-audit takes what the messages themselves hold\n   4 |   queue: {url: https://sqs.eu-central-1.amazonaws.com/111122223333/logs}\n     |          ^"},
		{"a queue of a source that reads a folder", "sources:\n- name: a\n  type: s3-access-log\n  path: /logs\n  queue: {url: " + address + "}\n", "e.yaml:5:10: sources[0].queue: it is for sources whose path begins with s3://, and for those of type genesys-audit without a path; leave this key out\n   5 |   queue: {url: https://sqs.eu-central-1.amazonaws.com/111122223333/logs}\n     |          ^"},
		{"a queue of a source that asks Genesys Cloud", "sources:\n- name: a\n  type: genesys\n  genesys: {region: eu-central-1, client-id: c, client-secret: env:S}\n  queue: {url: " + address + "}\n", "e.yaml:5:10: sources[0].queue: it is for sources whose path begins with s3://, and for those of type genesys-audit without a path; leave this key out\n   5 |   queue: {url: https://sqs.eu-central-1.amazonaws.com/111122223333/logs}\n     |          ^"},
		{"two sources at one queue", whole + "- name: b\n  type: cloudtrail\n  path: s3://trail/\n  queue: {url: " + address + "}\n", "e.yaml:10:16: sources[1].queue.url: source a takes from this queue too, and each would get messages that are for the other; give each a queue of its own\n  10 |   queue: {url: https://sqs.eu-central-1.amazonaws.com/111122223333/logs}\n     |                ^"},
		{"an external id of a queue without its role", whole + "    external-id: x\n", "e.yaml:7:18: sources[0].queue.external-id: it is for a role, and none is named; name it by role-arn, or leave this key out\n   7 |     external-id: x\n     |                  ^"},
		{"a role of a queue that is none", whole + "    role-arn: reader\n", "e.yaml:7:15: sources[0].queue.role-arn: \"reader\" is no ARN of a role; write it as in arn:aws:iam::111122223333:role/archive\n   7 |     role-arn: reader\n     |               ^"},
		{"certificates of a queue without TLS", begin + "  queue:\n    url: http://127.0.0.1:9324/000000000000/logs\n    ca: ca.pem\n", "e.yaml:7:9: sources[0].queue.ca: it is for https://, and url begins with http://; write https:// there, or leave this key out\n   7 |     ca: ca.pem\n     |         ^"},
		{"a visibility that can't be kept", whole + "    visibility: 5s\n", "e.yaml:7:17: sources[0].queue.visibility: 5s is out of range; allowed is 10s to 11h\n   7 |     visibility: 5s\n     |                 ^"},
		{"a visibility longer than SQS has", whole + "    visibility: 12h\n", "e.yaml:7:17: sources[0].queue.visibility: 12h is out of range; allowed is 10s to 11h\n   7 |     visibility: 12h\n     |                 ^"},
		{"nothing in work", whole + "    in-work: 0\n", "e.yaml:7:14: sources[0].queue.in-work: 0 is out of range; allowed is 1 to 1000\n   7 |     in-work: 0\n     |              ^"},
		{"too much in work", whole + "    in-work: 5000\n", "e.yaml:7:14: sources[0].queue.in-work: 5000 is out of range; allowed is 1 to 1000\n   7 |     in-work: 5000\n     |              ^"},
		{"a patience that ends at once", whole + "    patience: 1s\n", "e.yaml:7:15: sources[0].queue.patience: 1s is out of range; allowed is 1m to 1d\n   7 |     patience: 1s\n     |               ^"},
		{"a misspelled key of a queue", whole + "    visibilty: 1m\n", "e.yaml:7:5: sources[0].queue: unknown key \"visibilty\"; allowed are url, region, ca, profile, role-arn, external-id, visibility, in-work, patience\n   7 |     visibilty: 1m\n     |     ^"},
		{"a listing where a queue tells of the objects", begin + "  s3: {every: 1m}\n  queue: {url: " + address + "}\n", "e.yaml:5:15: sources[0].s3.every: the bucket is not listed where a queue tells of its objects; leave out either this key or queue\n   5 |   s3: {every: 1m}\n     |               ^"},
	}
}
