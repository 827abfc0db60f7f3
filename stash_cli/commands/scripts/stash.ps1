# Completion for PowerShell: run `stash completion install powershell`, or add this to $PROFILE
Register-ArgumentCompleter -Native -CommandName stash, stash-cli -ScriptBlock {
    param($word, $ast, $cursor)
    $words = @($ast.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.ToString() })
    if ($word -eq '') { $words += '""' }
    $env:_STASH_COMPLETE = 'powershell'
    try {
        $found = @(& $ast.CommandElements[0].ToString() @words 2>$null)
        if ($found.Count -and $found[0].StartsWith(':files')) { return }
        $found | ForEach-Object {
            $value, $text, $shown = $_ -split "`t", 3
            if (-not $text) { $text = $shown }
            [System.Management.Automation.CompletionResult]::new($value, $shown, 'ParameterValue', $text)
        }
    } finally {
        Remove-Item Env:_STASH_COMPLETE
    }
}
