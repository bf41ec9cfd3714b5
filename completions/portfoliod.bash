# bash completion for portfoliod(1); test/package/pages compares it with the program.

_portfoliod() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
  local commands='run migrate status check fetch snapshot verify import import-assets'
  local command='' i options='--config --help' files=''

  for ((i = 1; i < COMP_CWORD; i++)); do
    [[ ${COMP_WORDS[i - 1]} == --config || ${COMP_WORDS[i]} == -* ]] && continue
    command=${COMP_WORDS[i]}
    break
  done
  case $command in
    '') options+=' --version' ;;
    migrate) options+=' --url' ;;
    status) options+=' --json' ;;
    check) options+=' --probe' ;;
    fetch) options+=' --from --to --provider --exchange --type --currency --json' ;;
    snapshot) options+=' --from --to --portfolio' ;;
    verify) options+=' --repair' ;;
    import) options+=' --portfolio --dry-run' files=csv ;;
    import-assets) options+=' --column --value --starter' files=csv ;;
  esac

  COMPREPLY=()
  case $before in
    --config) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -X '!*.yaml' -- "$word"; compgen -d -- "$word"); return ;;
    --type) mapfile -t COMPREPLY < <(compgen -W 'stock crypto commodity bond' -- "$word"); return ;;
    --url | --from | --to | --provider | --exchange | --currency | --portfolio | --column | --value) return ;;
  esac
  if [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
  elif [[ ! $command ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$word")
  elif [[ $files ]]; then
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -f -X "!*.$files" -- "$word"; compgen -d -- "$word")
  fi
}
complete -F _portfoliod portfoliod
