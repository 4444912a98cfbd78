### `key`, and what the daemon says of keys.

keys-by-hand = { $name } is to be published by hand, as no [[keys.zone]] says how.
keys-withdraw-by-hand = The record at { $name } is to be taken away by hand, as no [[keys.zone]] says how.
keys-client-records = The owner of { $domain } publishes these records once; they never change:
keys-published = Published: { $name }
keys-withdrawn = Taken away: { $name }
keys-taken = The keys have changed; mail is signed with those that sign now.
keys-unknown-domain = There are no keys of { $domain }; `sekisho key new { $domain }` makes them.
keys-no-provider-zone = With --cname keys are published in a zone of the provider; name it with provider_zone under [keys].
keys-not-made = The cryptographic library could not make a key.
keys-store-unusable = { $file }: the keys cannot be used ({ $reason }).
keys-store-busy = { $file }: somebody else is changing keys.
keys-book-malformed = { $file }: line { $line } is not what it should be; the file is not used.
keys-open-to-others = { $file } can be read or written by others (mode { $mode }); chmod 600 lets its owner alone read it.
keys-of-somebody-else = { $file } belongs to somebody else (user { $owner }).
keys-secret-unusable = { $file }: the secret cannot be used ({ $reason }).
keys-update-timeout = { $server } did not answer the update of { $zone } in time; it may have been made.
keys-update-unreachable = { $server } cannot be reached to update { $zone }.
keys-update-malformed = What { $server } answered to the update of { $zone } cannot be read; it may have been made.
keys-update-unsigned = The answer of { $server } to the update of { $zone } does not carry a signature of our key; it is not believed.
keys-update-unwritable = The update of { $zone } does not fit into a message.
keys-update-refused = { $server } refuses the update of { $zone } ({ $name }): { $reason ->
        [formerr] it does not understand it (FORMERR)
        [servfail] it failed (SERVFAIL)
        [nxdomain] a name that should be there is not (NXDOMAIN)
        [notimp] it takes no updates (NOTIMP)
        [refused] its configuration does not let us (REFUSED)
        [yxdomain] a record of somebody else is there, and is left as it is (YXDOMAIN)
        [yxrrset] a record of somebody else is there, and is left as it is (YXRRSET)
        [nxrrset] the record has changed in the meantime (NXRRSET)
        [notauth] it is not the primary of this zone, or our key is not for it (NOTAUTH)
        [notzone] the name is not in this zone (NOTZONE)
       *[other] an error
    }.
keys-update-signature = { $server } does not accept our signature on the update of { $zone }: { $reason ->
        [badsig] its secret for the key is another one (BADSIG)
        [badkey] it does not know the key of tsig_file (BADKEY)
        [badtime] its clock and ours are too far apart (BADTIME)
       *[other] an error of TSIG
    }.
keys-command-unusable = { $command } cannot be run ({ $reason }).
keys-command-timeout = { $command } did not end within { $seconds } s and was stopped.
keys-command-later = { $command } says that it may work later (exit code { $code }): { $reason }.
keys-command-failed = { $command } failed (exit code { $code }): { $reason }.
