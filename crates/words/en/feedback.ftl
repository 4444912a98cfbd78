# Reports of receivers: in what they deviate, why one was refused or read in part, what became of one that was sent.

## In what a report deviates from the standards

deviation-encoding = Some characters are not in the charset that the report names{ GIVEN($example) ->
        [yes] {" "}({ $example })
       *[no] {""}
    }; they were read as what they most likely are.
deviation-junk-before = Something stands before the beginning of the report{ GIVEN($example) ->
        [yes] {" "}({ $example })
       *[no] {""}
    }; it was skipped.
deviation-junk-after = Something stands behind the end of the report{ GIVEN($example) ->
        [yes] {" "}({ $example })
       *[no] {""}
    }; it was skipped.
deviation-wrapper = The report stands inside an element of another kind{ GIVEN($example) ->
        [yes] {" "}({ $example })
       *[no] {""}
    }; it was read all the same.
deviation-namespace = The report is written in a namespace that no standard has{ GIVEN($example) ->
        [yes] {" "}({ $example })
       *[no] {""}
    }; it was read as if it were the standard's.
deviation-version = The report has another version than the standard's{ GIVEN($example) ->
        [yes] {" "}({ $example })
       *[no] {""}
    }.
deviation-field-unknown = The report has a field that no standard has{ GIVEN($example) ->
        [yes] {" "}({ $example })
       *[no] {""}
    }; it was skipped, and counts nowhere.
deviation-field-repeated = A field that may stand once stands several times{ GIVEN($example) ->
        [yes] {" "}({ $example })
       *[no] {""}
    }; the first was taken.
deviation-field-missing = A required field is missing{ GIVEN($example) ->
        [yes] {" "}({ $example })
       *[no] {""}
    }; what it would tell is not known.
deviation-field-empty = A field that must say something is empty{ GIVEN($example) ->
        [yes] {" "}({ $example })
       *[no] {""}
    }; what it would tell is not known.
deviation-field-alias = A field has another name than the standard's{ GIVEN($example) ->
        [yes] {" "}({ $example })
       *[no] {""}
    }; its meaning is known.
deviation-field-case = The name of a field is written in other letters than the standard's{ GIVEN($example) ->
        [yes] {" "}({ $example })
       *[no] {""}
    }; its meaning is known.
deviation-field-order = Fields stand in another order than the standard's{ GIVEN($example) ->
        [yes] {" "}({ $example })
       *[no] {""}
    }; that changes nothing.
deviation-entity = The report refers to an entity that it must not have{ GIVEN($example) ->
        [yes] {" "}({ $example })
       *[no] {""}
    }; the reference was left as it stands.
deviation-word-unknown = A word is none of the standard's{ GIVEN($example) ->
        [yes] {" "}({ $example })
       *[no] {""}
    }; it is shown as it stands, and means nothing to us.
deviation-word-alias = A word is none of the standard's, but what it means is known{ GIVEN($example) ->
        [yes] {" "}({ $example })
       *[no] {""}
    }.
deviation-word-case = A word is written in other letters than the standard's{ GIVEN($example) ->
        [yes] {" "}({ $example })
       *[no] {""}
    }; its meaning is known.
deviation-number = Something that is no usable number stands where one must be{ GIVEN($example) ->
        [yes] {" "}({ $example })
       *[no] {""}
    }; it counts as far as it could be read, or as 0.
deviation-count-zero = A record counts no message at all.
deviation-date = A time is not written as the standard has it{ GIVEN($example) ->
        [yes] {" "}({ $example })
       *[no] {""}
    }; it was read where that was possible.
deviation-period = The reporting period ends before it begins{ GIVEN($example) ->
        [yes] {" "}({ $example })
       *[no] {""}
    }.
deviation-address = Something that is no IP address stands where one must be{ GIVEN($example) ->
        [yes] {" "}({ $example })
       *[no] {""}
    }; the source of these messages may not be known.
deviation-text-cut = A text is too long{ GIVEN($example) ->
        [yes] {" "}({ $example })
       *[no] {""}
    }; only its beginning was kept.
deviation-too-many = There is more of something than is kept{ GIVEN($example) ->
        [yes] {" "}({ $example })
       *[no] {""}
    }; the rest was left out.
deviation-no-records = The report has no record at all: it says that nothing was seen, or says nothing.
deviation-value-type = A value is of another type than the standard's{ GIVEN($example) ->
        [yes] {" "}({ $example })
       *[no] {""}
    }; it was read where that was possible.
deviation-media-type = The mail gives the report a media type that is not the standard's{ GIVEN($example) ->
        [yes] {" "}({ $example })
       *[no] {""}
    }.
deviation-mail-header = A header field of the mail that carried the report is misspelt{ GIVEN($example) ->
        [yes] {" "}({ $example })
       *[no] {""}
    }.
deviation-transfer-encoding = The report is encoded in another way than the mail says, or than the standard allows{ GIVEN($example) ->
        [yes] {" "}({ $example })
       *[no] {""}
    }.
deviation-mail-structure = The mail is not put together as the standard wants it for reports{ GIVEN($example) ->
        [yes] {" "}({ $example })
       *[no] {""}
    }.
deviation-text-only = The mail tells of the failure in words for people alone; what could be understood was taken.
deviation-more = There are { $count } further deviations, which are not listed.

## Why a report was refused, or read in part

refused-empty = There is nothing in it.
refused-unknown = It is no report, and nothing that could hold one{ GIVEN($what) ->
        [yes] {" "}({ $what })
       *[no] {""}
    }.
refused-format = It is a kind of file that is not read{ GIVEN($what) ->
        [yes] {" "}({ $what })
       *[no] {""}
    }. Ask the reporter to send gzip.
refused-no-report = No part of the mail is a report{ GIVEN($what) ->
        [yes] {" "}({ $what })
       *[no] {""}
    }.
refused-not-a-report = It is readable, but something else than a report{ GIVEN($what) ->
        [yes] {" "}({ $what })
       *[no] {""}
    }.
refused-encrypted = It is encrypted in its archive, and cannot be read.
refused-method = It is compressed in its archive by a method that is not read{ GIVEN($what) ->
        [yes] {" "}({ $what })
       *[no] {""}
    }.
refused-archive = The compressed file is damaged.
refused-doctype = It has a document type definition, which no report needs and attacks are made of.
refused-malformed = It is damaged, and no whole record could be read from it. Ask the reporter to send it again.
refused-cut = It is cut off before its first whole record. Ask the reporter to send it again.
refused-json = Its JSON is damaged or cut off{ GIVEN($what) ->
        [yes] {" "}({ $what })
       *[no] {""}
    }.
refused-ratio = More comes out of it than a report can hold: it looks like a decompression bomb{ GIVEN($what) ->
        [yes] {" "}({ $what })
       *[no] {""}
    }.
refused-too-large = It is larger than what is read{ GIVEN($what) ->
        [yes] {" "}({ $what })
       *[no] {""}
    }.
refused-too-deep = Archives or mails lie inside one another, too deep.
refused-too-many = It has more members than are read{ GIVEN($what) ->
        [yes] {" "}({ $what })
       *[no] {""}
    }.
refused-xml-depth = Its elements lie inside one another, too deep for a report.
refused-xml-piece = It has a tag or a text that is too long for a report.
refused-foreign-domain = It is about a domain that is not ours{ GIVEN($what) ->
        [yes] {" "}({ $what })
       *[no] {""}
    }.
salvaged-cut = It is cut off; the whole records before the end were kept{ GIVEN($what) ->
        [yes] {" "}({ $what })
       *[no] {""}
    }.
salvaged-damaged = It is damaged; the whole records were kept{ GIVEN($what) ->
        [yes] {" "}({ $what })
       *[no] {""}
    }.
salvaged-limit = It has more records than are kept; the first ones were{ GIVEN($what) ->
        [yes] {" "}({ $what })
       *[no] {""}
    }.
salvaged-checksum = The checksum of the compressed file is wrong: it may have been changed on the way.

## What the mail that carries a report tells a person

feedback-cover-aggregate = This is a DMARC aggregate report about { $domain } from { $submitter }, on mail received from { $begin } until { $end }: { $messages ->
        [one] one message
       *[other] { $messages } messages
    }. The report ({ $report_id }) is attached as a compressed XML file, for programs to read.
feedback-cover-failure = This is an authentication failure report about { $domain }: { $incidents ->
        [one] one message
       *[other] { $incidents } messages
    } from { $source }, received on { $date }. Local parts of addresses are replaced by hashes, and the body is not shown.

## What became of a report that was sent

feedback-sent = The mail server has taken it.
feedback-sent-in-doubt = The mail server may have taken it; the connection ended before it said so. It is not sent again.
feedback-sent-refused = The mail server refused it: { $reply }
feedback-sent-expired = It was tried for as long as reports are tried, and given up: { $reply }
feedback-sent-suppressed = Not sent: this address did not take earlier reports, and is left alone for a while.
feedback-sent-off = Not sent: reports about this domain were switched off.
feedback-sent-too-large = Not sent: the mail has { $bytes } bytes, and this destination wants { $limit_bytes } at most.
feedback-sent-bounced = It came back: { $reply }
feedback-job-delivered = Every destination is done with.
feedback-job-no-destination = The domain asks for reports no longer, or names no destination that may be used.
feedback-job-unknown = DNS did not answer who wants the report, for as long as it was asked.
feedback-job-off = Reports about this domain were switched off.
