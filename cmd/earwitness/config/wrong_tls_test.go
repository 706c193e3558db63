package config

func wrongTLS() []wrong {
	return []wrong{
		{
			"a certificate without its key",
			`bus: {brokers: ["kafka-1:9093"], tls: {certificate: client.pem}}` + withArchive,
			`e.yaml:1:53: bus.tls.certificate: its private key is missing; name it by bus.tls.key, as env:NAME or file:PATH
   1 | bus: {brokers: ["kafka-1:9093"], tls: {certificate: client.pem}}
     |                                                     ^`,
		},
		{
			"a key without its certificate",
			`bus: {brokers: ["kafka-1:9093"], tls: {key: file:client.key}}` + withArchive,
			`e.yaml:1:45: bus.tls.key: its certificate is missing; name its file by bus.tls.certificate
   1 | bus: {brokers: ["kafka-1:9093"], tls: {key: file:client.key}}
     |                                             ^`,
		},
		{
			"a key by its path alone",
			"bus: {tls: {key: /etc/earwitness/client.key}}",
			`e.yaml:1:18: bus.tls.key: a secret must not stand in the configuration; put it elsewhere and write env:NAME for an environment variable or file:PATH for a file
   1 | bus: {tls: {key: ***
     |                  ^`,
		},
		{
			"yes for true",
			"bus: {tls: {enabled: yes}}",
			`e.yaml:1:22: bus.tls.enabled: a text stands here; true or false is wanted
   1 | bus: {tls: {enabled: yes}}
     |                      ^`,
		},
		{
			"a server name with a port",
			"bus: {tls: {server-name: kafka-1:9093}}",
			`e.yaml:1:26: bus.tls.server-name: "kafka-1:9093" is no host; write a name or an address, without a port
   1 | bus: {tls: {server-name: kafka-1:9093}}
     |                          ^`,
		},
		{
			"checks that can't be switched off",
			"bus: {tls: {insecure: true}}",
			`e.yaml:1:13: bus.tls: unknown key "insecure"; allowed are enabled, ca, certificate, key, server-name
   1 | bus: {tls: {insecure: true}}
     |             ^`,
		},
		{
			"SASL without a mechanism",
			"bus: {sasl: {user: me, password: env:KAFKA_PASSWORD}}",
			`e.yaml:1:13: bus.sasl: mechanism is missing; allowed are plain, scram-sha-256, scram-sha-512
   1 | bus: {sasl: {user: me, password: env:KAFKA_PASSWORD}}
     |             ^`,
		},
		{
			"a mechanism that is not known",
			"bus: {sasl: {mechanism: gssapi, user: me, password: env:KAFKA_PASSWORD}}",
			`e.yaml:1:25: bus.sasl.mechanism: "gssapi" is no mechanism; allowed are plain, scram-sha-256, scram-sha-512
   1 | bus: {sasl: {mechanism: gssapi, user: me, password: env:KAFKA_PASSWORD}}
     |                         ^`,
		},
		{
			"SASL without a user",
			"bus: {sasl: {mechanism: scram-sha-512, password: env:KAFKA_PASSWORD}}",
			`e.yaml:1:13: bus.sasl: user is missing; user and password go together
   1 | bus: {sasl: {mechanism: scram-sha-512, password: env:KAFKA_PASSWORD}}
     |             ^`,
		},
		{
			"SASL without a password",
			"bus: {sasl: {mechanism: scram-sha-512, user: me}}",
			`e.yaml:1:13: bus.sasl: password is missing; user and password go together; write env:NAME or file:PATH
   1 | bus: {sasl: {mechanism: scram-sha-512, user: me}}
     |             ^`,
		},
		{
			"a password in the file",
			"bus: {sasl: {mechanism: scram-sha-512, user: me, password: hunter2}}",
			`e.yaml:1:60: bus.sasl.password: a secret must not stand in the configuration; put it elsewhere and write env:NAME for an environment variable or file:PATH for a file
   1 | bus: {sasl: {mechanism: scram-sha-512, user: me, password: ***
     |                                                            ^`,
		},
		{
			"a password in clear",
			`bus:
  brokers: [localhost:9092, kafka-1:9092]
  sasl: {mechanism: plain, user: me, password: env:KAFKA_PASSWORD}` + withArchive,
			`e.yaml:3:21: bus.sasl.mechanism: plain sends the password as it is, over the network to kafka-1:9092; enable TLS by bus.tls, as in tls: {enabled: true}, or use scram-sha-512
   3 |   sasl: {mechanism: plain, user: me, password: env:KAFKA_PASSWORD}
     |                     ^`,
		},
		{
			"a password in clear, with TLS switched off",
			`bus:
  brokers: [kafka-1:9092]
  tls: {enabled: false, ca: ca.pem}
  sasl: {mechanism: plain, user: me, password: env:KAFKA_PASSWORD}` + withArchive,
			`e.yaml:4:21: bus.sasl.mechanism: plain sends the password as it is, over the network to kafka-1:9092; enable TLS by bus.tls, as in tls: {enabled: true}, or use scram-sha-512
   4 |   sasl: {mechanism: plain, user: me, password: env:KAFKA_PASSWORD}
     |                     ^`,
		},
	}
}
