package config

import (
	"earwitness/pipeline/access"
	"earwitness/pipeline/correlate"
)

// Rules are the settings of the attribution rules.
func (c *Config) Rules() correlate.Rules {
	rules := correlate.Rules{
		Model:         access.Model_MODEL_EXPORT,
		ServiceRoles:  plain(c.Roles.Service),
		OwnRoles:      plain(c.Roles.Own),
		AWSRequesters: plain(c.Roles.AWS),
		SessionGap:    c.Windows.SessionGap.Std(),
		Before:        c.Windows.Before.Std(),
		After:         c.Windows.After.Std(),
		Skew:          c.Windows.Skew.Std(),
		Horizon:       c.Windows.Horizon.Std(),
		People:        c.people(),
	}
	if c.Model == ModelDirect {
		rules.Model = access.Model_MODEL_DIRECT
	}
	for _, network := range c.Networks.Service {
		rules.ServiceNetworks = append(rules.ServiceNetworks, network.Prefix())
	}
	return rules
}

func plain[T ~string](list []T) []string {
	var texts []string
	for _, item := range list {
		texts = append(texts, string(item))
	}
	return texts
}
