// SPDX-License-Identifier: Apache-2.0

package filekey

import (
	"fmt"

	"github.com/go-json-experiment/json"

	"kofu/cert"
	"kofu/cert/keys"
)

const (
	stateActive   = "active"
	stateArchived = "archived"
)

// manifest is keys.json; see the package comment.
type manifest struct {
	Environment string    `json:"environment"`
	Issuer      string    `json:"issuer"`
	Keys        []wireKey `json:"keys"`
	CSCA        []string  `json:"csca"`
}

type wireKey struct {
	Format   string   `json:"format"`
	Channels []string `json:"channels"`
	State    string   `json:"state"`
	Private  string   `json:"private"`
	Public   string   `json:"public"`
	Chain    []string `json:"chain"`
}

func parseManifest(data []byte) (*manifest, error) {
	var m manifest
	if err := json.Unmarshal(data, &m, json.RejectUnknownMembers(true)); err != nil {
		// The manifest holds file names, no keys: the position may be told.
		return nil, fmt.Errorf("%w: %w", ErrManifest, err)
	}
	if m.Environment == "" {
		return nil, fmt.Errorf("%w: environment is missing; it has no default", ErrManifest)
	}
	for i, k := range m.Keys {
		if fault := k.fault(); fault != "" {
			return nil, fmt.Errorf("%w: key %d: %s", ErrManifest, i+1, fault)
		}
	}
	return &m, nil
}

func (k wireKey) fault() string {
	if !keys.Format(k.Format).Valid() {
		return "format is shc or vdsnc"
	}
	for _, ch := range k.Channels {
		if c := cert.Channel(ch); c != cert.App && c != cert.Kiosk && c != cert.Counter {
			return "channels are app, kiosk, counter"
		}
	}
	switch {
	case k.State == stateActive && k.Private == "":
		return "an active key needs private"
	case k.State == stateActive && len(k.Channels) == 0:
		return "an active key needs channels"
	case k.State == stateActive && k.Public != "":
		return "public is for archived keys"
	case k.State == stateArchived && k.Private != "":
		return "an archived key has no private half"
	case k.State == stateArchived && k.Public == "" && len(k.Chain) == 0:
		return "an archived key needs public or chain"
	case k.State != stateActive && k.State != stateArchived:
		return "state is active or archived"
	}
	return ""
}
