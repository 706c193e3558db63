package config

import "strings"

func (c *Config) checkArchive(d *document) {
	s := &c.WORM.S3
	if !s.Enabled() {
		return
	}
	if c.WORM.Directory != "" {
		d.mistake("worm.directory", "worm.s3 is given too, and there is one archive; leave one of them out")
	}
	if s.KMSKey != "" && s.Encryption != EncryptKMS {
		d.mistake("worm.s3.kms-key", "it is for encryption by kms, and worm.s3.encryption leaves it to the bucket; write encryption: kms, or leave this key out")
	}
	if s.ExternalID != "" && s.RoleARN == "" {
		d.mistake("worm.s3.external-id", "it is for a role, and none is named; name it by worm.s3.role-arn, or leave this key out")
	}
	if s.CA != "" && strings.HasPrefix(string(s.Endpoint), "http:") {
		d.mistake("worm.s3.ca", "it is for https://, and worm.s3.endpoint begins with http://; write https:// there, or leave this key out")
	}
}
