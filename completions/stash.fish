# Completion for fish: save this file as ~/.config/fish/completions/stash.fish
function __stash_complete
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    set -lx _STASH_COMPLETE 1
    command $words[1] $words[2..-1] "$word" 2>/dev/null
end
for program in stash stash-cli
    complete -c $program -f -a '(__stash_complete)'
end
