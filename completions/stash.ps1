# Completion for PowerShell: add this to $PROFILE
Register-ArgumentCompleter -Native -CommandName stash, stash-cli -ScriptBlock {
    param($word, $ast, $cursor)
    $words = @($ast.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.ToString() })
    if ($word -eq '') { $words += '""' }
    $env:_STASH_COMPLETE = '1'
    try {
        & $ast.CommandElements[0].ToString() @words 2>$null | ForEach-Object {
            $value, $text = $_ -split "`t", 2
            if (-not $text) { $text = $value }
            [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $text)
        }
    } finally {
        Remove-Item Env:_STASH_COMPLETE
    }
}
