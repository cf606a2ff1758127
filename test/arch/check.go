// SPDX-License-Identifier: Apache-2.0

package arch

// A Rule is one thing that must hold of a tree.
type Rule struct {
	Name  string                 // one word or two, for the test's name
	Check func(t *Tree) []string // what breaks the rule, a line each
}

// Rules returns every rule there is.
func Rules() []Rule {
	return []Rule{
		{"imports", checkImports},
		{"import chain", checkChain},
		{"third parties", checkThirdParties},
		{"names", checkNames},
		{"licence line", checkLicence},
		{"package comments", checkPackageComments},
		{"function length", checkFunctionLength},
		{"no init", checkInit},
		{"package variables", checkVariables},
		{"interface size", checkInterfaces},
		{"no files written", checkFileWrites},
		{"decoders fuzzed", checkDecoders},
		{"document links", checkLinks},
		{"cited tests", checkCited},
		{"requirement rows", checkRows},
	}
}
