// SPDX-License-Identifier: Apache-2.0

//go:build kofufault && kofublind

package issuance

const blind = true
