package config

func wrongBrokers() []wrong {
	return []wrong{
		{
			"a broker without a port",
			"bus: {brokers: [kafka-1]}",
			`e.yaml:1:17: bus.brokers[0]: "kafka-1" has no port; write host:port, as in kafka-1.example.org:9092 or "[2001:db8::1]:9092"
   1 | bus: {brokers: [kafka-1]}
     |                 ^`,
		},
		{
			"a broker with an empty port",
			`bus: {brokers: ["kafka-1:"]}`,
			`e.yaml:1:17: bus.brokers[0]: "kafka-1:" has no port; write host:port, as in kafka-1.example.org:9092 or "[2001:db8::1]:9092"
   1 | bus: {brokers: ["kafka-1:"]}
     |                 ^`,
		},
		{
			"a port too large",
			`bus: {brokers: ["kafka-1:90920"]}`,
			`e.yaml:1:17: bus.brokers[0]: "kafka-1:90920" has port 90920; allowed is 1 to 65535
   1 | bus: {brokers: ["kafka-1:90920"]}
     |                 ^`,
		},
		{
			"port 0",
			`bus: {brokers: ["kafka-1:0"]}`,
			`e.yaml:1:17: bus.brokers[0]: "kafka-1:0" has port 0; allowed is 1 to 65535
   1 | bus: {brokers: ["kafka-1:0"]}
     |                 ^`,
		},
		{
			"a broker with a scheme",
			`bus: {brokers: ["kafka://kafka-1:9092"]}`,
			`e.yaml:1:17: bus.brokers[0]: "kafka://kafka-1:9092" is more than an address; write host:port, as in kafka-1.example.org:9092 or "[2001:db8::1]:9092"
   1 | bus: {brokers: ["kafka://kafka-1:9092"]}
     |                 ^`,
		},
		{
			"a broker with credentials",
			`bus: {brokers: ["me:secret@kafka-1:9092"]}`,
			`e.yaml:1:17: bus.brokers[0]: credentials do not belong here, but into bus.sasl; write host:port, as in kafka-1.example.org:9092 or "[2001:db8::1]:9092"
   1 | bus: {brokers: ["***@kafka-1:9092"]}
     |                 ^`,
		},
		{
			"an IPv6 address without brackets",
			`bus: {brokers: ["2001:db8::1"]}`,
			`e.yaml:1:17: bus.brokers[0]: "2001:db8::1" can't be told apart into host and port; write host:port, as in kafka-1.example.org:9092 or "[2001:db8::1]:9092"
   1 | bus: {brokers: ["2001:db8::1"]}
     |                 ^`,
		},
		{
			"a broker without a host",
			`bus: {brokers: [":9092"]}`,
			`e.yaml:1:17: bus.brokers[0]: ":9092" names no host; write host:port, as in kafka-1.example.org:9092 or "[2001:db8::1]:9092"
   1 | bus: {brokers: [":9092"]}
     |                 ^`,
		},
		{
			"a host that is none",
			`bus: {brokers: ["kafka 1:9092"]}`,
			`e.yaml:1:17: bus.brokers[0]: "kafka 1:9092" names no host; write host:port, as in kafka-1.example.org:9092 or "[2001:db8::1]:9092"
   1 | bus: {brokers: ["kafka 1:9092"]}
     |                 ^`,
		},
		{
			"one broker that is no list",
			"bus: {brokers: kafka-1:9092}",
			`e.yaml:1:16: bus.brokers: a text stands here; a list is wanted, as in [a, b]
   1 | bus: {brokers: kafka-1:9092}
     |                ^`,
		},
		{
			"a broker twice",
			`bus: {brokers: ["kafka-1:9092", "KAFKA-1.:9092"]}` + withArchive,
			`e.yaml:1:33: bus.brokers[1]: KAFKA-1.:9092 stands here a second time: it is bus.brokers[0]; name each broker once
   1 | bus: {brokers: ["kafka-1:9092", "KAFKA-1.:9092"]}
     |                                 ^`,
		},
		{
			"an address in brackets and braces, without quotes",
			"bus: {brokers: [kafka-1:9092]}",
			`e.yaml:1:17: bus.brokers[0]: a mapping stands here; a single value is wanted: put it in quotes if it is meant so
   1 | bus: {brokers: [kafka-1:9092]}
     |                 ^`,
		},
		{
			"an IPv6 address twice",
			`bus: {brokers: ["[::1]:9092", "[0:0::0:1]:9092"]}` + withArchive,
			`e.yaml:1:31: bus.brokers[1]: [0:0::0:1]:9092 stands here a second time: it is bus.brokers[0]; name each broker once
   1 | bus: {brokers: ["[::1]:9092", "[0:0::0:1]:9092"]}
     |                               ^`,
		},
		{
			"no partitions",
			"bus: {partitions: 0}",
			`e.yaml:1:19: bus.partitions: 0 is out of range; allowed is 1 to 1024
   1 | bus: {partitions: 0}
     |                   ^`,
		},
		{
			"too many partitions",
			"bus: {partitions: 4096}",
			`e.yaml:1:19: bus.partitions: 4096 is out of range; allowed is 1 to 1024
   1 | bus: {partitions: 4096}
     |                   ^`,
		},
		{
			"a group that is no name",
			`bus: {group: "ear witness"}`,
			`e.yaml:1:14: bus.group: "ear witness" is no name; allowed are letters, digits, and - _ . behind the first, 64 at most
   1 | bus: {group: "ear witness"}
     |              ^`,
		},
		{
			"negative replication",
			"bus: {replication: -1}",
			`e.yaml:1:20: bus.replication: -1 is out of range; allowed is 1 to 32
   1 | bus: {replication: -1}
     |                    ^`,
		},
		{
			"more replicas than any cluster has",
			"bus: {replication: 100}",
			`e.yaml:1:20: bus.replication: 100 is out of range; allowed is 1 to 32
   1 | bus: {replication: 100}
     |                    ^`,
		},
		{
			"more in sync than there are",
			`bus: {brokers: ["kafka-1:9092"], replication: 3, min-insync-replicas: 4}` + withArchive,
			`e.yaml:1:47: bus.replication: bus.replication (3) is less than bus.min-insync-replicas (4): nothing could be written; raise the one, or lower the other
   1 | bus: {brokers: ["kafka-1:9092"], replication: 3, min-insync-replicas: 4}
     |                                               ^`,
		},
		{
			"one replica, and two in sync by default",
			`bus: {brokers: ["kafka-1:9092"], replication: 1}` + withArchive,
			`e.yaml:1:47: bus.replication: bus.replication (1) is less than bus.min-insync-replicas (2): nothing could be written; raise the one, or lower the other
   1 | bus: {brokers: ["kafka-1:9092"], replication: 1}
     |                                               ^`,
		},
		{
			"a topic shorter than the horizon",
			`bus: {brokers: ["kafka-1:9092"], retention: 9d}` + withArchive,
			`e.yaml:1:45: bus.retention: 9d is too short: topics keep their records for windows.horizon (9d) and two days more, so 11d at least
   1 | bus: {brokers: ["kafka-1:9092"], retention: 9d}
     |                                             ^`,
		},
		{
			"a horizon longer than the topics",
			`windows: {horizon: 30d}
bus: {brokers: ["kafka-1:9092"], retention: 31d}` + withArchive,
			`e.yaml:2:45: bus.retention: 31d is too short: topics keep their records for windows.horizon (30d) and two days more, so 32d at least
   2 | bus: {brokers: ["kafka-1:9092"], retention: 31d}
     |                                             ^`,
		},
		{
			"a retention without unit",
			"bus: {retention: 14}",
			`e.yaml:1:18: bus.retention: 14 has no unit; write a whole number with its unit: s, m, h or d, as in 10m or 1h30m
   1 | bus: {retention: 14}
     |                  ^`,
		},
		{
			"a retention of no topic",
			"bus: {retention: 1d}",
			`e.yaml:1:18: bus.retention: 1d is out of range; allowed is 4d to 3660d
   1 | bus: {retention: 1d}
     |                  ^`,
		},
		{
			"a topic without bounds",
			"bus: {retention: forever}",
			`e.yaml:1:18: bus.retention: "forever" is not a duration; write a whole number with its unit: s, m, h or d, as in 10m or 1h30m
   1 | bus: {retention: forever}
     |                  ^`,
		},
		{
			"settings of brokers, and no brokers",
			"bus: {replication: 3}",
			`e.yaml:1:20: bus.replication: it is for brokers, and bus.brokers names none; name them, or leave this key out
   1 | bus: {replication: 3}
     |                    ^`,
		},
		{
			"TLS, and no brokers",
			`bus:
  tls: {enabled: true}`,
			`e.yaml:2:8: bus.tls: it is for brokers, and bus.brokers names none; name them, or leave this key out
   2 |   tls: {enabled: true}
     |        ^`,
		},
	}
}
