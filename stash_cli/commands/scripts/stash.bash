# Completion for bash: run `stash completion install bash`, or source this file
_stash() {
    local options line
    COMPREPLY=()
    {
        IFS= read -r options
        while IFS= read -r line; do
            COMPREPLY+=("$line")
        done
    } < <(_STASH_COMPLETE=bash _STASH_LINE="${COMP_LINE:0:COMP_POINT}" _STASH_BREAKS="$COMP_WORDBREAKS" "$1" 2>/dev/null)
    case $options in
        nospace) compopt -o nospace 2>/dev/null ;;
        files) compopt -o default 2>/dev/null ;;
    esac
}
complete -o nosort -F _stash stash stash-cli 2>/dev/null || complete -F _stash stash stash-cli
