# Completion for bash: source this file, or save it as ~/.local/share/bash-completion/completions/stash
_stash() {
    local IFS=$'\n'
    COMPREPLY=($(_STASH_COMPLETE=1 "$1" "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1))
    if [[ ${COMPREPLY[0]} == ":files" ]]; then
        COMPREPLY=($(compgen -f -- "${COMP_WORDS[COMP_CWORD]}"))
        compopt -o filenames 2>/dev/null
    fi
}
complete -o nosort -F _stash stash stash-cli
