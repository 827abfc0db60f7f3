# Completion for fish: run `stash completion install fish`, or save this file as ~/.config/fish/completions/stash.fish
function __stash_complete
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    set -lx _STASH_COMPLETE fish
    set -l found (command $words[1] $words[2..-1] "$word" 2>/dev/null)
    if string match -q ':files*' -- $found[1]
        __fish_complete_path "$word"
    else
        printf '%s\n' $found
    end
end
for program in stash stash-cli
    complete -c $program -f -a '(__stash_complete)'
end
