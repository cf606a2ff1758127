// SPDX-License-Identifier: Apache-2.0

package pdf_test

import (
	"bytes"
	"fmt"
	"sync"
	"testing"

	"kofu/cert"
	"kofu/cert/pdf"
)

// One renderer serves everybody: 32 at a time, names of all sorts, and each
// gets the page that rendering alone gives. The symbols are short, for they
// take most of the time and share nothing.
//
// Rows: R1.3, R1.5
func TestConcurrentRendering(t *testing.T) {
	r := renderer(t)
	documents := 500
	if testing.Short() {
		documents = 100
	}
	names := []string{"𠮷野　花子", "葛\U000E0100城　一郎", "邉\U000E0103", "山田　太郎", "髙橋　﨑子", "DUPONT ÉLODIE", "ヴェロニカ"}
	document := func(i int) pdf.Document {
		p := person{name: fmt.Sprintf("%s第%d", names[i%len(names)], i), primary: "MIHON", birth: cert.Date{Year: 1950 + i%60, Month: 1 + i%12, Day: 1 + i%28}}
		d := sample(p, []cert.Kind{cert.Domestic, cert.Overseas}[i%2], 1+i%5, 0)
		d.SHC, d.CopyEvident = fmt.Sprintf("shc:/%020d", i), i%3 == 0
		if d.VDSNC != "" {
			d.VDSNC = fmt.Sprintf(`{"data":"%d"}`, i)
		}
		return d
	}
	alone := make([][]byte, 7)
	for i := range alone {
		alone[i] = render(t, r, document(i))
	}
	work := make(chan int)
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			for i := range work {
				d := document(i)
				file, err := r.Render(d)
				if err != nil {
					t.Errorf("%d: %v", i, err)
					continue
				}
				if err := r.Check(file, d); err != nil {
					t.Errorf("%d: %v", i, err)
				}
				if i < len(alone) && !bytes.Equal(file, alone[i]) {
					t.Errorf("%d: differs from the page rendered alone", i)
				}
			}
		})
	}
	for i := range documents {
		work <- i
	}
	close(work)
	wg.Wait()
}
