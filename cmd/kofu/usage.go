// SPDX-License-Identifier: Apache-2.0

package main

const usage = `usage: kofu <command> [arguments]

  serve -config FILE    serve phones, the public, kiosks and municipal counters
  staff municipality | terminal | report | desk | administrator | account |
        recall | blocks | log | backup
                        what the people who run the service do
  check -config FILE    tell everything that is wrong with a configuration
  resume -config FILE   open a door again that a replica has stopped
  verify [flags] FILE…  judge certificates, offline
  version               what this program was built from

"kofu <command> -h" tells the flags of a command.
`
