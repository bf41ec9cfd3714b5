#compdef portfoliod
# zsh completion for portfoliod(1); test/package/pages compares it with the program.

local -a common=('--config[configuration file]:file:_files -g "*.yaml"' '(-h --help)'{-h,--help}'[what it understands]')
local -a commands=(
  'run:the service'
  'migrate:create or upgrade the schema'
  'status:how things stand'
  'check:look over configuration, database, schema and provider files'
  'fetch:try a symbol or a currency'
  'snapshot:compute the value of past days again'
  'verify:compute everything that is kept again'
  "import:enter a broker's statement"
  'import-assets:load or update the catalogue of assets'
)
local context state state_descr line
typeset -A opt_args

_arguments -C $common '--version[the version]' '1:command:->command' '*::argument:->argument' && return
case $state in
  command) _describe command commands ;;
  argument)
    case $line[1] in
      run) _arguments $common ;;
      migrate) _arguments $common '--url[the database]:connection:' ;;
      status) _arguments $common '--json[print JSON]' ;;
      check) _arguments $common '--probe[ask each provider in use for one symbol, too]' ;;
      fetch)
        _arguments $common '--from[first day of a range]:day:' '--to[its last day]:day:' '--provider[this one]:provider:' \
          '--exchange[where the symbol stands on several]:exchange:' '--type[of a symbol not in the catalogue]:type:(stock crypto commodity bond)' \
          '--currency[what such a symbol is priced in]:currency:' '--json[print JSON]' '1:symbol or currency:'
        ;;
      snapshot)
        _arguments $common '--from[first day]:day:' '--to[last day]:day:' '--portfolio[of this one alone]:portfolio id:'
        ;;
      verify) _arguments $common '--repair[mend what differs]' ;;
      import)
        _arguments $common '--portfolio[whose trades they are]:portfolio id:' '--dry-run[check everything and enter nothing]' \
          '1:file:_files -g "*.csv"'
        ;;
      import-assets)
        _arguments $common '*--column[OURS=THEIRS]:column:' '*--value[OURS=VALUE]:value:' '--starter[the catalogue that comes with portfoliod]' \
          '1:file:_files -g "*.csv"'
        ;;
    esac
    ;;
esac
