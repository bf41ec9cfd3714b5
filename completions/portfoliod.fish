# fish completion for portfoliod(1); test/package/pages compares it with the program.

set -l commands run migrate status check fetch snapshot verify import import-assets

complete -c portfoliod -f
complete -c portfoliod -l config -r -F -d 'configuration file'
complete -c portfoliod -s h -l help -d 'what it understands'
complete -c portfoliod -n "not __fish_seen_subcommand_from $commands" -l version -d 'the version'

complete -c portfoliod -n "not __fish_seen_subcommand_from $commands" -a run -d 'the service'
complete -c portfoliod -n "not __fish_seen_subcommand_from $commands" -a migrate -d 'create or upgrade the schema'
complete -c portfoliod -n "not __fish_seen_subcommand_from $commands" -a status -d 'how things stand'
complete -c portfoliod -n "not __fish_seen_subcommand_from $commands" -a check -d 'look over configuration, database, schema and provider files'
complete -c portfoliod -n "not __fish_seen_subcommand_from $commands" -a fetch -d 'try a symbol or a currency'
complete -c portfoliod -n "not __fish_seen_subcommand_from $commands" -a snapshot -d 'compute the value of past days again'
complete -c portfoliod -n "not __fish_seen_subcommand_from $commands" -a verify -d 'compute everything that is kept again'
complete -c portfoliod -n "not __fish_seen_subcommand_from $commands" -a import -d 'enter a broker\'s statement'
complete -c portfoliod -n "not __fish_seen_subcommand_from $commands" -a import-assets -d 'load or update the catalogue of assets'

complete -c portfoliod -n '__fish_seen_subcommand_from migrate' -l url -x -d 'the database'
complete -c portfoliod -n '__fish_seen_subcommand_from status' -l json -d 'print JSON'
complete -c portfoliod -n '__fish_seen_subcommand_from check' -l probe -d 'ask each provider in use for one symbol, too'
complete -c portfoliod -n '__fish_seen_subcommand_from fetch' -l from -x -d 'first day of a range'
complete -c portfoliod -n '__fish_seen_subcommand_from fetch' -l to -x -d 'its last day'
complete -c portfoliod -n '__fish_seen_subcommand_from fetch' -l provider -x -d 'this one instead of the route'
complete -c portfoliod -n '__fish_seen_subcommand_from fetch' -l exchange -x -d 'where the symbol stands on several'
complete -c portfoliod -n '__fish_seen_subcommand_from fetch' -l type -x -a 'stock crypto commodity bond' -d 'of a symbol not in the catalogue'
complete -c portfoliod -n '__fish_seen_subcommand_from fetch' -l currency -x -d 'what such a symbol is priced in'
complete -c portfoliod -n '__fish_seen_subcommand_from fetch' -l json -d 'print JSON'
complete -c portfoliod -n '__fish_seen_subcommand_from snapshot' -l from -x -d 'first day'
complete -c portfoliod -n '__fish_seen_subcommand_from snapshot' -l to -x -d 'last day'
complete -c portfoliod -n '__fish_seen_subcommand_from snapshot' -l portfolio -x -d 'of this one alone'
complete -c portfoliod -n '__fish_seen_subcommand_from verify' -l repair -d 'mend what differs'
complete -c portfoliod -n '__fish_seen_subcommand_from import' -l portfolio -x -d 'whose trades they are'
complete -c portfoliod -n '__fish_seen_subcommand_from import' -l dry-run -d 'check everything and enter nothing'
complete -c portfoliod -n '__fish_seen_subcommand_from import import-assets' -F
complete -c portfoliod -n '__fish_seen_subcommand_from import-assets' -l column -x -d 'OURS=THEIRS'
complete -c portfoliod -n '__fish_seen_subcommand_from import-assets' -l value -x -d 'OURS=VALUE'
complete -c portfoliod -n '__fish_seen_subcommand_from import-assets' -l starter -d 'the catalogue that comes with portfoliod'
