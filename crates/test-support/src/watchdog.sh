# Ends the shared cluster of tests when no test process uses it any more.
# $1: the folder of the cluster. $2: for how many seconds nobody must have used it.
folder=$1
linger=$2
trap '' HUP INT
echo $$ > "$folder/watchdog"

# A killed process that nobody has reaped still takes signals.
alive() {
    kill -0 "$1" 2> /dev/null || return 1
    if [ -r "/proc/$1/stat" ]; then
        read -r stat < "/proc/$1/stat" || return 1
        case $stat in *') Z '* | *') X '*) return 1 ;; esac
    fi
}

in_use() {
    for user in "$folder"/users/*; do
        pid=${user##*/}
        if [ "$pid" = '*' ]; then return 1; fi
        if alive "$pid"; then return 0; fi
        rm -f "$user"
    done
    return 1
}

idle=0
while :; do
    # Every test process starts a watchdog, and the last one stays.
    read -r current 2> /dev/null < "$folder/watchdog" || exit 0
    if [ "$current" != $$ ]; then exit 0; fi
    if in_use; then idle=0; else idle=$((idle + 1)); fi
    if [ "$idle" -gt "$linger" ] && mkdir "$folder/closing" 2> /dev/null; then
        in_use || break
        rmdir "$folder/closing"
        idle=0
    fi
    sleep 1
done

# The file of a killed Postgres may name anybody.
is_postmaster() {
    alive "$1" || return 1
    if [ -d /proc/self ]; then [ "/proc/$1/cwd" -ef "$folder/postgres" ]; fi
}

if read -r postmaster 2> /dev/null < "$folder/postgres/postmaster.pid" && is_postmaster "$postmaster"; then
    kill -INT "$postmaster"
    tenths=0
    while is_postmaster "$postmaster" && [ "$tenths" -lt 100 ]; do
        sleep 0.1
        tenths=$((tenths + 1))
    done
    if is_postmaster "$postmaster"; then kill -QUIT "$postmaster"; fi
fi
# The name is free in one step, then the rest takes its time.
mv "$folder" "$folder.gone-$$" && rm -rf "$folder.gone-$$"
