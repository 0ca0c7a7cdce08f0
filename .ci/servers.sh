#!/usr/bin/env bash
# The real servers that tests run against: PostgreSQL, MariaDB, Mosquitto,
# OpenSSH, one Kafka node and a Kafka cluster of three. All private: own folders, loopback
# alone, ports of their own, ended by their process ids.
#
#   servers.sh install     what is missing, by apt-get and Maven
#   servers.sh start       start all and write the environment for the tests
#   servers.sh stop        end all and remove their data
#   servers.sh env         print the environment (to eval)
#   servers.sh kill N      SIGKILL Kafka node N (0: the single one, 1 to 3: the cluster)
#   servers.sh begin N     start Kafka node N again and wait until it answers
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tools=${HUILIU_TOOLS:-$here/../.tools}
mkdir -p "$tools"
tools=$(cd "$tools" && pwd)
jars=$tools/kafka/libs
state=$tools/servers

say() { printf 'servers: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# as USER CMD… runs as an unprivileged user when we are root: PostgreSQL
# refuses to be root, and nothing here needs it.
as() {
  local user=$1; shift
  if [ "$(id -u)" = 0 ]; then runuser -u "$user" -- "$@"; else "$@"; fi
}

have() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ]; }

postgres_bin() { ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1; }

install() {
  local missing=()
  [ -n "$(postgres_bin)" ] || missing+=(postgresql)
  have mariadbd || missing+=(mariadb-server)
  have mosquitto || missing+=(mosquitto)
  have sshd || missing+=(openssh-server)
  have java || missing+=(default-jdk-headless)
  have mvn || [ -d "$jars" ] || missing+=(maven)
  if [ ${#missing[@]} -gt 0 ]; then
    say "installing ${missing[*]}"
    local sudo=()
    [ "$(id -u)" = 0 ] || sudo=(sudo)
    "${sudo[@]}" apt-get update -qq
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  fi
  if ! cmp -s "$here/kafka/pom.xml" "$tools/kafka/pom.xml"; then
    say "fetching Kafka's jars with Maven"
    rm -rf "$jars"
    mvn -q -B -f "$here/kafka/pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$jars"
    cp "$here/kafka/pom.xml" "$tools/kafka/pom.xml"
  fi
}

# free_port prints a port nothing listens on, below the range the kernel
# hands to outgoing connections.
free_port() {
  local p
  for _ in $(seq 200); do
    p=$((20000 + RANDOM % 12000))
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null && ! grep -qsx "$p" "$state/ports"; then
      echo "$p" >>"$state/ports"
      echo "$p"
      return
    fi
  done
  die "no free port"
}

# wait_for NAME SECONDS CMD… waits until CMD succeeds, and shows the server's
# log when it does not.
wait_for() {
  local name=$1 limit=$2 pid; shift 2
  pid=$(cat "$state/$name.pid")
  for _ in $(seq $((limit * 5))); do
    if "$@" >/dev/null 2>&1; then return; fi
    alive "$pid" || break
    sleep 0.2
  done
  tail -40 "$state/$name.log" >&2 || true
  die "$name does not answer"
}

listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

export_env() { printf 'export %s=%q\n' "$1" "$2" >>"$state/env"; }

start_postgres() {
  local bin port dir=$state/postgres secret=loopback
  bin=$(postgres_bin)
  port=$(free_port)
  mkdir -p "$dir"
  if [ "$(id -u)" = 0 ]; then chown postgres "$dir"; fi
  printf '%s\n' "$secret" >"$state/postgres.secret"
  chmod 644 "$state/postgres.secret"
  as postgres "$bin/initdb" -D "$dir/data" -U huiliu -A scram-sha-256 --pwfile="$state/postgres.secret" \
    -E UTF8 --locale=C.UTF-8 --no-sync >"$state/postgres.init" 2>&1 || { cat "$state/postgres.init" >&2; die "initdb"; }
  : >"$state/postgres.log"
  as postgres "$bin/postgres" -D "$dir/data" -c port="$port" -c listen_addresses=127.0.0.1 \
    -c unix_socket_directories= -c fsync=off -c wal_level=logical -c shared_buffers=32MB \
    >>"$state/postgres.log" 2>&1 </dev/null &
  echo $! >"$state/postgres.pid"
  wait_for postgres 60 env PGPASSWORD="$secret" "$bin/createdb" -h 127.0.0.1 -p "$port" -U huiliu huiliu
  # The job above is the one that changed the user; this is the server itself.
  head -1 "$dir/data/postmaster.pid" >"$state/postgres.pid"
  export_env HUILIU_TEST_POSTGRES "postgres://huiliu:$secret@127.0.0.1:$port/huiliu?sslmode=disable"
}

start_mariadb() {
  local port dir=$state/mariadb user
  port=$(free_port)
  user=$(id -un)
  if [ "$user" = root ]; then user=mysql; fi
  mkdir -p "$dir"
  if [ "$user" = mysql ]; then chown mysql "$dir"; fi
  mariadb-install-db --no-defaults --user="$user" --datadir="$dir/data" --auth-root-authentication-method=normal \
    --skip-test-db >"$state/mariadb.init" 2>&1 || { tail -20 "$state/mariadb.init" >&2; die "mariadb-install-db"; }
  "$(command -v mariadbd || echo /usr/sbin/mariadbd)" --no-defaults --user="$user" --datadir="$dir/data" \
    --bind-address=127.0.0.1 --port="$port" --socket="$dir/data/s" --skip-name-resolve --server-id=1 \
    --log-bin=binlog --binlog-format=ROW --innodb-flush-log-at-trx-commit=0 --innodb-buffer-pool-size=64M \
    --character-set-server=utf8mb4 >"$state/mariadb.log" 2>&1 </dev/null &
  echo $! >"$state/mariadb.pid"
  wait_for mariadb 60 mariadb --no-defaults -h 127.0.0.1 -P "$port" -u root -e 'SELECT 1'
  mariadb --no-defaults -h 127.0.0.1 -P "$port" -u root \
    -e "CREATE DATABASE huiliu; CREATE USER 'huiliu'@'%' IDENTIFIED BY 'loopback'; GRANT ALL ON *.* TO 'huiliu'@'%'"
  export_env HUILIU_TEST_MYSQL "huiliu:loopback@tcp(127.0.0.1:$port)/huiliu"
}

start_mosquitto() {
  local port dir=$state/mosquitto
  port=$(free_port)
  mkdir -p "$dir"
  {
    echo "listener $port 127.0.0.1"
    echo "allow_anonymous true"
    echo "persistence true"
    echo "persistence_location $dir/"
    echo "autosave_interval 1"
    echo "max_queued_messages 0"
    echo "max_inflight_messages 0"
    if [ "$(id -u)" = 0 ]; then echo "user mosquitto"; fi
  } >"$state/mosquitto.conf"
  if [ "$(id -u)" = 0 ]; then chown mosquitto "$dir"; fi
  "$(command -v mosquitto || echo /usr/sbin/mosquitto)" -c "$state/mosquitto.conf" >"$state/mosquitto.log" 2>&1 </dev/null &
  echo $! >"$state/mosquitto.pid"
  wait_for mosquitto 30 listening "$port"
  export_env HUILIU_TEST_MQTT "mqtt://127.0.0.1:$port"
}

# The one user is whoever runs this, by a key made for it; SFTP alone.
start_sftp() {
  local port dir=$state/sftp
  port=$(free_port)
  mkdir -p "$dir/files"
  dir=$(readlink -f "$dir")
  if [ "$(id -u)" = 0 ]; then mkdir -p /run/sshd; fi # sshd's, for its unprivileged half
  ssh-keygen -q -t ed25519 -N '' -C '' -f "$dir/host_key"
  ssh-keygen -q -t rsa -b 2048 -N '' -C '' -f "$dir/host_rsa"
  ssh-keygen -q -t ed25519 -N '' -C '' -f "$dir/key"
  cat >"$dir/config" <<CONFIG
ListenAddress 127.0.0.1
Port $port
HostKey $dir/host_key
HostKey $dir/host_rsa
PidFile none
AuthorizedKeysFile $dir/key.pub
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
AllowUsers $(id -un)
MaxStartups 100
Subsystem sftp internal-sftp
ForceCommand internal-sftp
AllowTcpForwarding no
X11Forwarding no
CONFIG
  "$(command -v sshd || echo /usr/sbin/sshd)" -D -e -f "$dir/config" >"$state/sftp.log" 2>&1 </dev/null &
  echo $! >"$state/sftp.pid"
  wait_for sftp 30 listening "$port"
  # The RSA key alone: the server would show the other one first.
  printf '[127.0.0.1]:%s %s\n' "$port" "$(cat "$dir/host_rsa.pub")" >"$dir/known_hosts"
  export_env HUILIU_TEST_SFTP "{address: 127.0.0.1:$port, user: $(id -un), key_file: $dir/key, known_hosts: $dir/known_hosts, root: $dir/files}"
}

# kafka_config N PORT CONTROLLER_PORT VOTERS COPIES writes node N's properties.
kafka_config() {
  local n=$1 copies=$5
  cat >"$state/kafka$n.properties" <<PROPERTIES
process.roles=broker,controller
node.id=$n
controller.quorum.voters=$4
listeners=PLAINTEXT://127.0.0.1:$2,CONTROLLER://127.0.0.1:$3
advertised.listeners=PLAINTEXT://127.0.0.1:$2
controller.listener.names=CONTROLLER
log.dirs=$state/kafka$n
num.partitions=1
auto.create.topics.enable=false
offsets.topic.replication.factor=$copies
transaction.state.log.replication.factor=$copies
transaction.state.log.min.isr=$((copies > 1 ? 2 : 1))
offsets.topic.num.partitions=4
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms=0
# A killed node is noticed within seconds, so that tests need not wait.
broker.session.timeout.ms=4000
broker.heartbeat.interval.ms=500
controlled.shutdown.enable=false
PROPERTIES
}

kafka_format() {
  java -Xmx128m -cp "$jars/*" kafka.tools.StorageTool format -t "$2" -c "$state/kafka$1.properties" \
    >"$state/kafka$1.format" 2>&1 || { cat "$state/kafka$1.format" >&2; die "format Kafka node $1"; }
}

kafka_node() {
  java -Xms128m "-Xmx$(cat "$state/kafka$1.heap")" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
    -Dlog4j2.configurationFile="$here/kafka/log4j2.properties" \
    -cp "$jars/*" kafka.Kafka "$state/kafka$1.properties" >>"$state/kafka$1.log" 2>&1 </dev/null &
  echo $! >"$state/kafka$1.pid"
}

kafka_port() { sed -n 's/^advertised.listeners=.*:\([0-9]*\)$/\1/p' "$state/kafka$1.properties"; }

# A broker opens its port before it is unfenced; its log says when it serves.
kafka_ready() { grep -q 'Kafka Server started' "$state/kafka$1.log" && listening "$(kafka_port "$1")"; }

start_kafka() {
  local n port quorum voters= brokers=
  port=$(free_port)
  quorum=$(free_port)
  kafka_config 0 "$port" "$quorum" "0@127.0.0.1:$quorum" 1
  echo 512m >"$state/kafka0.heap"
  export_env HUILIU_TEST_KAFKA "127.0.0.1:$port"
  local ports=() quorums=()
  for n in 1 2 3; do
    ports[n]=$(free_port)
    quorums[n]=$(free_port)
    voters+=${voters:+,}$n@127.0.0.1:${quorums[n]}
    brokers+=${brokers:+,}127.0.0.1:${ports[n]}
  done
  for n in 1 2 3; do
    kafka_config "$n" "${ports[n]}" "${quorums[n]}" "$voters" 3
    echo 384m >"$state/kafka$n.heap"
  done
  export_env HUILIU_TEST_KAFKA3 "$brokers"
  export_env HUILIU_TEST_KAFKA_CTL "$here/servers.sh"
  kafka_format 0 aHVpbGl1LW9uZS1ub2RlMA
  for n in 1 2 3; do kafka_format "$n" aHVpbGl1LXRocmVlbm9kZQ; done
  for n in 0 1 2 3; do : >"$state/kafka$n.log"; kafka_node "$n"; done
  for n in 0 1 2 3; do wait_for "kafka$n" 180 kafka_ready "$n"; done
}

start() {
  stop
  mkdir -p "$state"
  # Where an unprivileged server could not reach this folder, its data go
  # below the system's temporary one.
  if [ "$(id -u)" = 0 ] && ! runuser -u nobody -- test -x "$state"; then
    rmdir "$state"
    ln -s "$(mktemp -d /tmp/huiliu-servers.XXXXXX)" "$state"
    chmod 755 "$state/"
  fi
  : >"$state/env"
  trap 'stop' ERR
  say "starting PostgreSQL, MariaDB, Mosquitto, OpenSSH"
  start_postgres
  start_mariadb
  start_mosquitto
  start_sftp
  say "starting Kafka: one node, and three"
  start_kafka
  trap - ERR
  say "all answer"
}

# alive tells whether a process runs; one that ended and that nobody has
# waited for does not.
alive() { kill -0 "$1" 2>/dev/null && ! grep -qs '^State:.Z' "/proc/$1/status"; }

end_pid() {
  local pid=$1
  kill -"${2:-TERM}" "$pid" 2>/dev/null || return 0
  for _ in $(seq 100); do
    alive "$pid" || return 0
    sleep 0.1
  done
  kill -KILL "$pid" 2>/dev/null || true
}

stop() {
  [ -e "$state" ] || return 0
  local f
  for f in "$state"/*.pid; do
    [ -e "$f" ] || continue
    # Their data are thrown away: nobody waits for an orderly end.
    case $f in
      *kafka*) end_pid "$(cat "$f")" KILL & ;;
      *postgres*) end_pid "$(cat "$f")" QUIT & ;;
      *) end_pid "$(cat "$f")" TERM & ;;
    esac
  done
  wait
  [ ! -L "$state" ] || rm -rf "$(readlink "$state")"
  rm -rf "$state"
}

# One node of a cluster is down at a time, though tests of several packages
# run side by side: the next kill waits until the killed node is back.
down_mark() { if [ "$1" = 0 ]; then echo "$state/down.one"; else echo "$state/down.three"; fi; }

kill_node() {
  local mark
  mark=$(down_mark "$1")
  for _ in $(seq 900); do
    if mkdir "$mark" 2>/dev/null; then
      end_pid "$(cat "$state/kafka$1.pid")" KILL
      return
    fi
    sleep 0.2
  done
  die "another node has been down for three minutes"
}

begin_node() {
  : >"$state/kafka$1.log"
  kafka_node "$1"
  wait_for "kafka$1" 180 kafka_ready "$1"
  rmdir "$(down_mark "$1")" 2>/dev/null || true
}

case ${1:-} in
  install) install ;;
  start) start ;;
  stop) stop ;;
  env) cat "$state/env" ;;
  kill) kill_node "$2" ;;
  begin) begin_node "$2" ;;
  *) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"; exit 2 ;;
esac
