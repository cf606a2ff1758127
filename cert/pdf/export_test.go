// SPDX-License-Identifier: Apache-2.0

package pdf

import "kofu/cert/qr"

// Reference is the page of d drawn by gofpdf from beginning to end.
func (r *Renderer) Reference(d Document) ([]byte, error) {
	shc, vdsnc, err := r.encode(d)
	if err != nil {
		return nil, err
	}
	return r.ReferenceWith(d, shc, vdsnc)
}

// ReferenceWith is Reference with the symbols given.
func (r *Renderer) ReferenceWith(d Document, shc, vdsnc *qr.Matrix) ([]byte, error) {
	w := r.writing()
	defer r.release(w)
	w.template = r.templates[variantOfPage(d.Certificate)]
	if err := w.place(d, shc, vdsnc); err != nil {
		return nil, err
	}
	return r.drawReference(&w.sheet)
}

// Encode makes the symbols of d.
func (r *Renderer) Encode(d Document) (shc, vdsnc *qr.Matrix, err error) { return r.encode(d) }

// RenderWith is Render with the symbols given.
func (r *Renderer) RenderWith(d Document, shc, vdsnc *qr.Matrix) ([]byte, error) {
	return r.render(d, shc, vdsnc)
}
