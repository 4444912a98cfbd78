#!/usr/bin/env bash
# A survey that is killed again and again, with nothing to warn it, and goes on each time: the results, the tables, the charts and
# the manifest are those of a survey that was never ended, byte for byte, and no name that is done is asked again.
#
# `cargo xtask soak survey` runs it with $SURVEY_COUNT names, 100,000 where nothing is said.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/survey/lib.sh"

COUNT=${SURVEY_COUNT:-5000}
# How often it is killed.
KILLED_COUNT=4
# So long each part of it may take, in seconds.
PATIENCE=$((120 + COUNT / 100))

main() {
    begin
    install knotd knot
    zone "$COUNT"
    serve_zone . "$T/root.zone"
    whole
    counted
    killed
    finish
}

whole() {
    relay whole 0
    survey whole
    equal "whole: the exit code" "$?" 0
    equal "whole: a line for each name" "$(wc -l < "$T/whole/results.ndjson")" "$COUNT"
    equal "whole: no answer is missing" "$(grep -c '"errors":\[\]' "$T/whole/results.ndjson")" "$COUNT"
    # The probe of the resolver is no question of the survey.
    grep -v '^invalid ' "$T/whole.asked" | sort -u > "$T/whole.questions"
}

killed() {
    local number
    : > "$T/killed.questions"
    relay killed 0
    start_survey killed
    for number in $(seq "$KILLED_COUNT"); do
        within "$PATIENCE" lines killed $((COUNT * number / (KILLED_COUNT + 1))) || fail "killed, $number: it does not go on"
        kill -9 "$RUNNING"
        wait "$RUNNING" 2> /dev/null
        check "killed, $number: it was not at its end" test ! -e "$T/killed/results.ndjson"
        done_so_far "$number"
        cp "$T/killed/journal" "$T/killed.done"
        # As if it had ended in the middle of a line.
        printf '0badc0de 77 {"domain":"n77.exa' >> "$T/killed/journal"
        relay killed-again 0
        start_survey killed --resume
    done
    wait "$RUNNING"
    equal "killed: the exit code of the last run" "$?" 0
    done_so_far last
    same killed
    check "killed: all together asked what the other asked" cmp -s <(sort -u "$T/killed.questions") "$T/whole.questions"
}

# done_so_far RUN – what this run asked is kept with the rest; it asked about no name that was done before it.
done_so_far() {
    if [ "$1" = 1 ]; then
        grep -v '^invalid ' "$T/killed.asked" >> "$T/killed.questions"
    else
        not_again killed
        grep -v '^invalid ' "$T/killed-again.asked" >> "$T/killed.questions"
    fi
}

main
