### What the command line says about its inputs and its surroundings.

## Inputs

cli-standard-input = standard input
cli-not-a-message = { $file }: not a mail message. { $flaw }
cli-empty-file = { $file }: the file is empty.
cli-empty-mailbox = { $file }: there is no message in it.
cli-is-directory = { $file }: this is a directory, and not a Maildir.
cli-not-found = { $file }: there is no such file.
cli-no-permission = { $file }: no permission to read it.
cli-unreadable = { $file }: cannot be read ({ $reason }).
cli-too-large = { $file }: larger than { $limit_bytes } bytes, and not read.
cli-cannot-sign = { $file }: cannot be signed. { $reason }
cli-seal-chain-fails = { $file }: the chain does not hold, and the new seal says so (cv=fail). { $reason }
cli-seal-failed-before = { $file }: written as it is; its chain had failed before, and nothing can be added to it.
cli-seal-full = { $file }: written as it is; its chain has { $limit } sets, and there can be no more.
cli-key-readable-by-others = { $file }: this private key can be read by others; chmod 600 it.
cli-some-inputs-failed = { $count } of { $total } inputs could not be evaluated.
cli-output-failed = The output cannot be written ({ $reason }).

## Options

cli-bad-value = { $option }: “{ $value }” cannot be used.
cli-bad-ip = { $option }: “{ $value }” is not an IP address.
cli-bad-resolver = { $option }: “{ $value }” is not the address of a DNS server; write 192.0.2.53:53 or [2001:db8::53]:53.
cli-bad-duration = { $option }: “{ $value }” is not a duration; write 5s or 500ms.
cli-no-ledger = There is no ledger at { $file }; nothing was received yet, or --state or [ledger] names another place.
cli-bad-time = { $option }: “{ $value }” is not a time; write 2026-07-01T00:00:00Z.
cli-bad-language = { $option }: “{ $value }” is not a language; there are ja and en.
cli-bad-choice = { $option }: “{ $value }” is not one of { $choices }.
cli-control-character = { $option }: the value holds a control character.
cli-option-missing = { $option } is missing.
cli-option-needs = { $option } can be used only together with { $other }.
cli-option-conflict = { $option } and { $other } cannot be used together.

## DNS

cli-no-dns = DNS cannot be used ({ $failure }).
cli-no-resolver = No DNS server is configured on this system; give one with --resolver.
cli-resolver-unusable = The DNS server { $resolver } cannot be used ({ $reason }).
cli-tape-unreadable = { $file }: the recording of DNS answers cannot be read ({ $reason }).
cli-tape-malformed = { $file }: line { $line } is not part of a recording of DNS answers.
cli-tape-unwritable = { $file }: the recording of DNS answers cannot be written ({ $reason }).

## Configuration

cli-config-unreadable = { $file }: the configuration cannot be read ({ $reason }).
cli-config-error = { $file }:{ $line }:{ $column }: { $problem }
cli-config-unknown-key = { $file }:{ $line }:{ $column }: unknown key "{ $key }" in [{ $section }]{ GIVEN($suggestion) ->
        [yes] ; did you mean "{ $suggestion }"?
       *[no] .
    }
cli-config-unknown-section = { $file }:{ $line }:{ $column }: there is no section "{ $key }"{ GIVEN($suggestion) ->
        [yes] ; did you mean "{ $suggestion }"?
       *[no] .
    }
cli-config-bad-value = { $file }:{ $line }:{ $column }: “{ $value }” cannot be used for "{ $key }".
cli-config-missing-key = { $file }:{ $line }:{ $column }: this [[{ $section }]] lacks "{ $key }".
cli-config-openid-host = { $file }:{ $line }:{ $column }: whoever logs in comes back to { $host }, and requests for it are refused: add it to "hosts" in [dashboard].
cli-config-no-secret = { $file }: there is no secret in it, or it is none on one line.
cli-config-unknown-requirement = { $file }:{ $line }:{ $column }: there is no requirement “{ $value }”. Those of the guideline are 2-1 to 2-15, 3-1 to 3-4, 4-1 to 4-7, and 5-1 to 5-10; those of a profile are written with its name, as gmail/one-click.
cli-roots-unreadable = { $file }: the root certificates cannot be read ({ $reason }).
cli-roots-unusable = { $file }: the root certificates cannot be used{ $problem ->
        [too-large] {" "}(the file is too large).
        [pem] {" "}(the file is not valid PEM).
        [empty] {" "}(there is no certificate in the file).
        [too-many] {" "}(there are too many).
        [certificate] {" "}(certificate { $number } cannot be read).
        [no-authority] {" "}(certificate { $number } is not an authority’s).
       *[other] .
    }

## The daemon

cli-no-daemon = No daemon answers at { $file } ({ $reason }). Is one running, and is this its state directory (--state)?
cli-no-answer = { $file }: the daemon gave no answer that can be used ({ $reason }).

## The demonstration

demo-ready = The demonstration is at http://{ $address }/ (everything in it is made up; Ctrl-C ends it).
demo-questions = Find out there: who forges asagiri.example? Which sender has to be repaired? What is to be published next?
demo-state = Its state is in { $directory }; the other verbs show it with --state.
demo-filled = { $directory } was filled. The other verbs show what is in it with --state.
demo-not-empty = { $directory } is not empty. A demonstration writes into an empty directory alone, so that nothing real is lost.
demo-once-without-state = --once needs --state: without it, nothing of what is filled would stay.
demo-unusable = { $directory } cannot be used ({ $reason }).

## What should not happen

cli-internal-error = Internal error: { $reason }. Please report it.
