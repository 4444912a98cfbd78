### Requirement profiles of providers.

audit-profile-not-bulk = Required of whoever sends much (--bulk).
audit-profile-unknown = Nothing is known of it.
audit-profile-silent = Nothing was found by { $rules }.
audit-profile-rate = { $rate } per cent of the messages are called spam by their readers; the limit is { $limit } per cent.
audit-profile-no-rate = The share of messages that readers call spam is not known (--spam-rate); the limit is { $limit } per cent.
audit-profile-author = The author's domain is { $domain }.
audit-profile-spf = SPF { $held ->
        [met] passes, or its record is in order.
        [not_met] does not pass, or has no record that receivers can use.
       *[unknown] is not known.
    }
audit-profile-dkim = DKIM { $held ->
        [met] is in place: a signature holds, or a key is published.
        [not_met] is not in place: no signature holds, or no key is published.
       *[unknown] is not known; name the selectors, or give a message.
    }
audit-profile-spf-or-dkim = { $held ->
        [met] SPF or DKIM is in place.
        [not_met] Neither SPF nor DKIM is in place.
       *[unknown] Whether SPF or DKIM is in place is not known.
    }
audit-profile-dmarc = { $held ->
        [met] A DMARC record applies.
        [not_met] No DMARC record applies.
       *[unknown] Whether a DMARC record applies is not known.
    }
audit-profile-dmarc-passes = { $held ->
        [met] DMARC passes: SPF or DKIM is aligned with From.
        [not_met] DMARC does not pass: neither SPF nor DKIM is aligned with From.
       *[unknown] Whether SPF or DKIM is aligned with From is not known; give a message, and the client's address.
    }
audit-profile-enforced = { $held ->
        [met] The DMARC policy is quarantine or reject.
        [not_met] The DMARC policy is none, or there is no record.
       *[unknown] The DMARC policy is not known.
    }
audit-profile-reports = { $held ->
        [met] DMARC reports are asked for.
        [not_met] No DMARC reports are asked for.
       *[unknown] Whether DMARC reports are asked for is not known.
    }
audit-profile-spf-aligned = { $held ->
        [met] SPF passes for the author's organization.
        [not_met] SPF does not pass for the author's organization.
       *[unknown] Whether SPF passes for the author's organization is not known.
    }
audit-profile-dkim-aligned = { $held ->
        [met] A signature of the author's organization holds.
        [not_met] No signature of the author's organization holds.
       *[unknown] Whether a signature of the author's organization holds is not known.
    }
audit-profile-one-click = { $held ->
        [met] Unsubscribing with one click is offered, and signed.
        [partial] Unsubscribing with one click is offered, and covered by no signature that holds.
        [not_met] Unsubscribing with one click is not offered.
       *[unknown] Whether unsubscribing with one click is offered is not known; give a message.
    }
audit-profile-unsubscribe = { $held ->
        [met] The message has List-Unsubscribe.
        [not_met] The message has no List-Unsubscribe.
       *[unknown] Whether messages have List-Unsubscribe is not known; give a message.
    }
audit-profile-tls = { $held ->
        [met] The message came over TLS 1.2 or later.
        [not_met] The message did not come over TLS 1.2 or later.
       *[unknown] Whether messages are sent over TLS is not known; give a message that was received.
    }
audit-profile-reverse = { $held ->
        [met] The address that sends has a name that leads back to it.
        [not_met] An address that sends has no name that leads back to it.
       *[unknown] The names of the addresses that send are not known; give a message, and the client's address.
    }
