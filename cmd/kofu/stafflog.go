// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"kofu/cmd/internal/checkpoint"
	"kofu/cmd/internal/sqlstore"
)

func operations(o *order) func(context.Context, office) error {
	return func(ctx context.Context, f office) error {
		if err := o.none(); err != nil {
			return err
		}
		list, err := f.sql.Operations(ctx)
		for _, x := range list {
			_, _ = fmt.Fprintf(f.stdout, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", x.Seq, clockTime(x.At), x.Actor, x.Action, x.Subject,
				strings.ReplaceAll(x.Details, "\n", "; "), cmp.Or(x.Municipality, "-"), cmp.Or(x.Terminal, "-"))
		}
		return err
	}
}

func logVerify(o *order) func(context.Context, office) error {
	var paths []string
	noted := o.flags.String("noted", "", "`NUMBER:HASH` that was told before, to be found in the log")
	key := o.flags.String("checkpoint-key", "", "`FILE`.pub that kofu staff log key new made")
	o.flags.Func("checkpoints", "`FILE|FOLDER` of checkpoints, each to be found in the log; repeatable, in order of time", func(path string) error {
		paths = append(paths, path)
		return nil
	})
	return func(ctx context.Context, f office) error {
		if err := o.none(); err != nil {
			return err
		}
		if (*key == "") != (len(paths) == 0) {
			return fmt.Errorf("%w: -checkpoints and -checkpoint-key go together", errUsage)
		}
		var heads []sqlstore.Head
		if *noted != "" {
			h, err := sqlstore.ParseHead(*noted)
			if err != nil {
				return fmt.Errorf("%w: %w", errUsage, err)
			}
			heads = append(heads, h)
		}
		history, err := readCheckpoints(*key, paths)
		if err != nil {
			return err
		}
		for seq, hash := range history.Hashes {
			heads = append(heads, sqlstore.Head{Seq: seq, Hash: hash})
		}
		head, err := f.sql.Verify(ctx, heads...)
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(f.stdout, "%d rows, nothing wrong; note this elsewhere: %s\n", head.Seq, head)
		if len(paths) > 0 {
			_, _ = fmt.Fprintf(f.stdout, "%d checkpoints from %s to %s, the longest silence %v, cut off %d; all are in the log\n",
				history.Count, clockTime(history.First), clockTime(history.Last), history.Silence, history.CutOff)
		}
		return nil
	}
}

// readCheckpoints reads what was written down of the log elsewhere; nothing
// when no paths are given. That there is none at those is no proof of anything.
func readCheckpoints(key string, paths []string) (*checkpoint.History, error) {
	if len(paths) == 0 {
		return &checkpoint.History{}, nil
	}
	data, err := os.ReadFile(key) // #nosec G304 -- the operator names it
	if err != nil {
		return nil, errors.New(cause(err))
	}
	v, err := checkpoint.ParseVerifier(string(data))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", key, err)
	}
	h, err := v.Read(paths...)
	if err == nil && h.Count == 0 {
		err = fmt.Errorf("no checkpoint in %s", strings.Join(paths, ", "))
	}
	return h, err
}

func logKeyNew(o *order) func(context.Context, office) error {
	o.needs.nothing = true
	origin := o.flags.String("origin", "", "`NAME` of the log, such as vc.example.jp/log: 1 to 64 of A-Z a-z 0-9 . _ - /")
	return func(_ context.Context, f office) error {
		path, err := o.only("the FILE to make")
		if err != nil {
			return err
		}
		private, public, err := checkpoint.NewKey(*origin)
		if err != nil {
			return fmt.Errorf("%w: -origin: %w", errUsage, err)
		}
		if err := writeNew(path, private+"\n", 0o600); err != nil {
			return err
		}
		if err := writeNew(path+".pub", public+"\n", 0o644); err != nil {
			return err
		}
		_, _ = fmt.Fprintf(f.stdout, "%s signs, and stays with the servers; %s.pub verifies, and is kept with the checkpoints\n", path, filepath.Base(path))
		return nil
	}
}

// writeNew makes a file, and overwrites none.
func writeNew(path, text string, mode os.FileMode) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode) // #nosec G304 -- the operator names it
	if err != nil {
		return errors.New(cause(err))
	}
	_, err = file.WriteString(text)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return errors.New(cause(err))
	}
	return nil
}
