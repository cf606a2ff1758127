// SPDX-License-Identifier: Apache-2.0

package wrongperson

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"kofu/test/card"
	"kofu/test/keyring"
	"kofu/test/vrs"
)

const (
	siteIssuer = "https://vc.example.jp/issuer"
	siteTown   = "900010" // whose counter is open

	requestTime = 5 * time.Second // times.request
	vrsTime     = 3 * time.Second // vrs.timeout
)

// Site is everything that is needed, on this machine.
type Site struct {
	Config
	dir      string
	programs string // folder of ours
	pki      *card.PKI
	redis    *redis
	postgres *postgres
	vrs      *process
	gateway  string
	faults   string // URL of the record service's switchboard
	balancer *process
	doors    map[string]string // addresses at the balancer, by name
	replicas []*replica
	admitted int // terminals
}

// Open starts a site. programs is where [Build] put ours.
func Open(ctx context.Context, programs string, c Config) (*Site, error) {
	s := &Site{Config: c, programs: programs, doors: map[string]string{}}
	err := s.open(ctx)
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Site) open(ctx context.Context) (err error) {
	if s.dir, err = os.MkdirTemp("", "kofu-wrongperson-"); err != nil {
		return err
	}
	if s.pki, err = card.NewPKI("9000033"); err != nil {
		return err
	}
	if s.redis, err = startRedis(ctx, s.dir); err != nil {
		return err
	}
	if s.postgres, err = startPostgres(ctx); err != nil {
		return err
	}
	if err = s.startVRS(ctx); err != nil {
		return err
	}
	if err = s.files(); err != nil {
		return err
	}
	for i := range s.Replicas {
		r, err := s.newReplica(i)
		if err != nil {
			return err
		}
		s.replicas = append(s.replicas, r)
	}
	for _, r := range s.replicas {
		if err := r.start(ctx); err != nil {
			return err
		}
	}
	return s.startBalancer(ctx)
}

// Close ends everything.
func (s *Site) Close() {
	for _, r := range s.replicas {
		r.kill()
	}
	s.balancer.end(syscall.SIGTERM)
	s.vrs.end(syscall.SIGTERM)
	if s.redis != nil {
		s.redis.close()
	}
	if s.postgres != nil {
		s.postgres.close()
	}
	if s.dir != "" {
		_ = os.RemoveAll(s.dir)
	}
}

func (s *Site) path(name ...string) string { return filepath.Join(append([]string{s.dir}, name...)...) }

var vrsSays = regexp.MustCompile(`(?s)faults +(\S+).*gateway +(\S+)\n`)

// startVRS runs the stand-in, which has everybody who will ask.
func (s *Site) startVRS(ctx context.Context) (err error) {
	s.vrs, err = launch("vrs", nil, []string{"GOGC=400"}, filepath.Join(s.programs, "vrs"), "-certs", s.dir, "-listen", "127.0.0.1:0", "-admin", "127.0.0.1:0",
		"-crowd", strconv.Itoa(s.Asked), "-seed", strconv.FormatUint(s.Seed, 10))
	if err != nil {
		return err
	}
	return until(ctx, time.Minute+time.Duration(s.Asked)*time.Millisecond, "the record service does not start", func() error {
		m := vrsSays.FindStringSubmatch(s.vrs.said.String())
		if s.vrs.ended() {
			return fmt.Errorf("%w: %s", errEnded, s.vrs.said.String())
		}
		if m == nil {
			return errors.New("it says: " + s.vrs.said.String())
		}
		s.faults, s.gateway = m[1], m[2]
		return nil
	})
}

// files writes what the replicas have in common.
func (s *Site) files() error {
	for _, folder := range []string{"terminals", "offices"} {
		c, err := vrs.NewCertificates()
		if err != nil {
			return err
		}
		if err := errors.Join(os.MkdirAll(s.path(folder), 0o700), c.Write(s.path(folder))); err != nil {
			return err
		}
	}
	err := keyring.Generate(s.path("keys"), siteIssuer)
	for name, data := range map[string][]byte{
		"anchors.json": s.pki.AnchorsJSON(), "municipalities.json": vrs.MunicipalitiesJSON(), "dsn": []byte(s.postgres.dsn()),
		"uvci": bytes.Repeat([]byte("u"), 32), "rid": bytes.Repeat([]byte("r"), 32), "staff": bytes.Repeat([]byte("s"), 32), "operators": bytes.Repeat([]byte("o"), 32), "limits": bytes.Repeat([]byte("l"), 32),
	} {
		err = errors.Join(err, os.WriteFile(s.path(name), data, 0o600))
	}
	return err
}

// Do runs a command of kofu's to its end, and returns what it says.
func (s *Site) Do(ctx context.Context, args ...string) (string, error) {
	said, err := exec.CommandContext(ctx, filepath.Join(s.programs, "kofu"), args...).CombinedOutput()
	if err != nil {
		return string(said), fmt.Errorf("wrongperson: kofu %s: %w: %s", strings.Join(args, " "), err, said)
	}
	return string(said), nil
}

// staff runs a command of the staff.
func (s *Site) staff(ctx context.Context, args ...string) (string, error) {
	return s.Do(ctx, append(append([]string{"staff"}, args...), "-config", s.replicas[0].config, "-by", "test")...)
}

// credentials are the files that the stand-in has written.
func (s *Site) credentials() map[string]string {
	all := map[string]string{}
	for _, m := range vrs.Municipalities() {
		all[string(m)] = "credential-" + string(m)
	}
	return all
}

// settings is the configuration of a replica that listens there.
func (s *Site) settings(app, kiosk, counter, ops string) map[string]any {
	mutual := func(addr, folder string) map[string]any {
		return map[string]any{"address": addr, "certificate": vrs.ServerFile, "key": vrs.ServerKeyFile, "client_ca": folder + "/" + vrs.RootFile}
	}
	night := time.Now().In(time.FixedZone("JST", 9*3600)).Add(11 * time.Hour) // not while this runs
	many := 10_000_000
	return map[string]any{
		"environment": "test", "issuer": siteIssuer, "deep_link_base": "https://app.example.jp",
		"listen": map[string]any{"app": app, "certificate": vrs.ServerFile, "key": vrs.ServerKeyFile, "ops": ops,
			"kiosk": mutual(kiosk, "terminals"), "counter": mutual(counter, "offices")},
		"redis":   map[string]any{"sentinel": []string{s.redis.sentinel}, "master": redisMaster, "replicas": 1},
		"sql":     map[string]any{"driver": "postgres", "dsn": "dsn"},
		"secrets": map[string]any{"uvci": "uvci", "rid": "rid", "staff": "staff", "limits": "limits", "operators": "operators"},
		"keys":    "keys/" + keyring.Manifest, "anchors": "anchors.json", "municipalities": "municipalities.json",
		"vrs": map[string]any{"base_url": s.gateway, "ca": vrs.RootFile, "certificate": vrs.ClientFile, "key": vrs.ClientKeyFile,
			"credentials": s.credentials(), "timeout": vrsTime.String()},
		"status": map[string]any{"open": "00:00", "close": "24:00", "minimum_app_version": "1.0.0"},
		"times":  map[string]any{"drain": "10ms", "request": requestTime.String()},
		// As many at once as come: that some are told to come again is tested elsewhere.
		"admission": map[string]any{"off": true},
		"kiosk":     map[string]any{"per_minute": many, "copy_evident": true},
		"app":       map[string]any{"attestation": "off", "limits": map[string]any{"per_prefix": many, "per_device": many, "per_card": many}},
		"counter": map[string]any{"policy": map[string]any{"second_factor": "totp", "hourly": many, "fruitless": many, "family_run": many, "alive": "5m", "idle": "30m",
			"night": map[string]any{"from": night.Format("15:04"), "until": night.Add(time.Minute).Format("15:04")}}},
	}
}

// replica is one kofu.
type replica struct {
	site                *Site
	number              int
	config              string
	app, kiosk, counter string
	ops                 string
	running             *process
	alarms              []string // of those that ran before
}

func (s *Site) newReplica(i int) (*replica, error) {
	r := &replica{site: s, number: i, config: s.path(fmt.Sprintf("kofu-%d.json", i))}
	for _, a := range []*string{&r.app, &r.kiosk, &r.counter, &r.ops} {
		var err error
		if *a, err = free(); err != nil {
			return nil, err
		}
	}
	settings := s.settings(r.app, r.kiosk, r.counter, r.ops)
	if s.Adjust != nil {
		if err := s.Adjust(s, i, settings); err != nil {
			return nil, err
		}
	}
	data, err := json.MarshalIndent(settings, "", "  ")
	return r, errors.Join(err, os.WriteFile(r.config, data, 0o600))
}

// start returns when the replica is ready.
func (r *replica) start(ctx context.Context) (err error) {
	if r.running, err = launchTo(r.site.Log, "kofu", nil, r.site.Env, filepath.Join(r.site.programs, "kofu"), "serve", "-config", r.config); err != nil {
		return err
	}
	return until(ctx, time.Minute, "replica "+strconv.Itoa(r.number)+" is not ready", func() error {
		if r.running.ended() {
			return fmt.Errorf("%w: %s", errEnded, r.running.said.String())
		}
		status, said, err := get(ctx, "http://"+r.ops+"/readyz")
		if err == nil && status != http.StatusOK {
			err = errors.New(said)
		}
		return err
	})
}

// kill ends it as a power cut does.
func (r *replica) kill() {
	r.running.end(syscall.SIGKILL)
	if r.running != nil {
		r.alarms, r.running = append(r.alarms, r.running.said.rung()...), nil
	}
}

// Alarms are all lines in which replicas say that their check has found something.
func (s *Site) Alarms() (all []string) {
	for _, r := range s.replicas {
		all = append(all, r.alarms...)
		if r.running != nil {
			all = append(all, r.running.said.rung()...)
		}
	}
	return all
}
