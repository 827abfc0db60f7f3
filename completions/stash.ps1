# Completion for PowerShell: add this to $PROFILE
Register-ArgumentCompleter -Native -CommandName stash, stash-cli -ScriptBlock {
    param($word, $ast, $cursor)
    $words = @($ast.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.ToString() })
    if ($word -eq '') { $words += '""' }
    $env:_STASH_COMPLETE = '1'
    try {
        $found = @(& $ast.CommandElements[0].ToString() @words 2>$null)
        if ($found.Count -and $found[0].StartsWith(':files')) { return }
        $found | ForEach-Object {
            $value, $text = $_ -split "`t", 2
            if (-not $text) { $text = $value }
            [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $text)
        }
    } finally {
        Remove-Item Env:_STASH_COMPLETE
    }
}
