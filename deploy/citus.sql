-- 把市级平台的库按平台分布到 Citus 集群 · Distributes a hub's store over a Citus cluster, by platform.
--
-- 尚未在真实集群上运行过；检查项见文末。 · Not yet run on a real cluster; what to check there stands at the end.
--
-- 为什么可行 · Why it works: 每张表的每个主键和唯一键都以 platform 开头；热路径上每条语句都带 platform，每个写事务只涉及
-- 一个平台，所以落在一个分片上，无需跨分片提交。 · every key of every table begins with `platform`, every statement of the hot path
-- carries it, and every writing transaction is about one platform. So each is routed to one shard, and no commit needs two.
-- (tests/contract/store/hot_path.rs 以服务器日志验证 · holds it against a server's log, and this file against the schema.)
--
-- 前提 · Before:
--   1. 协调节点与工作节点上（超级用户）· on the coordinator and on every worker, as superuser:
--        CREATE EXTENSION citus;
--      把工作节点加入 · add the workers: SELECT citus_add_node('worker-1', 5432);
--   2. 普通角色，非超级用户、无 BYPASSRLS；它拥有各表，行级安全对它同样生效。 · An ordinary role, no superuser and without
--      BYPASSRLS, that owns the tables; row-level security binds it all the same:
--        CREATE ROLE sanheyi LOGIN;
--   3. SET LOCAL 须传到工作节点，行级安全的策略在那里比对 sanheyi.platform；缺了它，一行也读不到、写不进。 · SET LOCAL must reach
--      the workers, where the policies compare sanheyi.platform. Without it no row is seen, and none is written:
--        ALTER DATABASE hub SET citus.propagate_set_commands TO 'local';
--   4. 会话级设置不会传到工作节点，须在每个工作节点上设定。 · Settings of a session do not reach the workers; set them on each of them:
--        ALTER SYSTEM SET synchronous_commit TO 'on';          -- 先落盘再确认 · durable before acknowledged
--        ALTER SYSTEM SET synchronous_standby_names TO '…';    -- 托管平台的条目别处没有 · hosted entries have no second home
--        ALTER ROLE sanheyi SET lock_timeout TO '5s';
--   5. 表须已建好且为空，市级平台须未运行。 · The tables are there and empty, and no hub runs on them:
--        sanheyi-hub migrate --config hub.toml
--      已有数据的库：先分布一个空库，再用 copy-store 迁入。 · A store that has rows: distribute an empty one, then move them into it:
--        sanheyi-hub copy-store --config hub.toml --to 'postgres://…'
--
-- 运行（以拥有各表的角色，在协调节点上；可重复运行，已分布的表会跳过）· Run it as the role that owns the tables, on the coordinator;
-- it may be run again, and leaves out what is distributed already:
--        psql -X -v ON_ERROR_STOP=1 -f deploy/citus.sql 'postgres://sanheyi@coordinator/hub?sslmode=verify-full&…'
--
-- 只在协调节点上的 · On the coordinator only: LISTEN/NOTIFY、咨询锁、_sqlx_migrations。市级平台的实例只连协调节点。
-- LISTEN and NOTIFY, advisory locks, _sqlx_migrations. The hub's instances connect to the coordinator and to no worker.
--
-- 热路径之外跨分片的读 · Reads over all shards, off the hot path and in read-only transactions: 平台名录 · the directory of platforms;
-- 闸口的补查 (gate_behind) · the sweep of the gate; 全市视图 · the city's views; copy-store。

\set ON_ERROR_STOP on

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus') THEN
        RAISE EXCEPTION '没有 citus 扩展 · the extension citus is missing: CREATE EXTENSION citus';
    END IF;
    IF current_setting('citus.propagate_set_commands', true) IS DISTINCT FROM 'local' THEN
        RAISE EXCEPTION '须设 citus.propagate_set_commands = local · it must be local: see 3 above, then connect again';
    END IF;
    IF (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user) THEN
        RAISE EXCEPTION '行级安全不约束此角色 · row-level security does not bind %: connect as an ordinary role', current_user;
    END IF;
    IF to_regclass('journal') IS NULL OR to_regclass('waiting') IS NULL THEN
        RAISE EXCEPTION '请先建表 · make the tables first: sanheyi-hub migrate';
    END IF;
    -- 策略之下须以全市视图才看得到行 · under the policies only the city's view shows rows
    PERFORM set_config('sanheyi.view', 'city', true);
    IF EXISTS (SELECT FROM setting)
       AND NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'setting'::regclass) THEN
        RAISE EXCEPTION '库中已有数据，请先分布空库再迁入 · the store has rows: distribute an empty one, then copy-store into it';
    END IF;
END $$;

-- journal 先行，其余与它同组：一个平台的全部行在同一个工作节点上。 · journal first, all others beside it: all rows of a platform lie on
-- one worker. 平台名录也按平台分布，登记与热路径上的锁都只涉及一行。 · The directory, too: registering and locking are about one row.
SELECT create_distributed_table('journal', 'platform', colocate_with => 'none')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'journal'::regclass);
SELECT create_distributed_table('segment', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'segment'::regclass);
SELECT create_distributed_table('tile', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'tile'::regclass);
SELECT create_distributed_table('checkpoint', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'checkpoint'::regclass);
SELECT create_distributed_table('record', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'record'::regclass);
SELECT create_distributed_table('incoming', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'incoming'::regclass);
SELECT create_distributed_table('receipt', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'receipt'::regclass);
SELECT create_distributed_table('exception', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'exception'::regclass);
SELECT create_distributed_table('expectation', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'expectation'::regclass);
SELECT create_distributed_table('greeting', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'greeting'::regclass);
SELECT create_distributed_table('link', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'link'::regclass);
SELECT create_distributed_table('staged', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'staged'::regclass);
SELECT create_distributed_table('attachment', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'attachment'::regclass);
SELECT create_distributed_table('piece', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'piece'::regclass);
SELECT create_distributed_table('attachment_due', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'attachment_due'::regclass);
SELECT create_distributed_table('platform', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'platform'::regclass);
SELECT create_distributed_table('gate', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'gate'::regclass);
SELECT create_distributed_table('setting', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'setting'::regclass);
SELECT create_distributed_table('hosted', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'hosted'::regclass);
SELECT create_distributed_table('audit', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'audit'::regclass);
SELECT create_distributed_table('reader', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'reader'::regclass);
SELECT create_distributed_table('custody', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'custody'::regclass);
SELECT create_distributed_table('custody_offer', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'custody_offer'::regclass);
SELECT create_distributed_table('holding', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'holding'::regclass);
SELECT create_distributed_table('proposal', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'proposal'::regclass);
SELECT create_distributed_table('waiting', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'waiting'::regclass);
SELECT create_distributed_table('errand', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'errand'::regclass);
SELECT create_distributed_table('sight', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'sight'::regclass);
SELECT create_distributed_table('review', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'review'::regclass);
SELECT create_distributed_table('review_entry', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'review_entry'::regclass);
SELECT create_distributed_table('returned', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'returned'::regclass);
SELECT create_distributed_table('released', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'released'::regclass);
SELECT create_distributed_table('enclosure', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'enclosure'::regclass);
SELECT create_distributed_table('enrolment', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'enrolment'::regclass);
SELECT create_distributed_table('certificate', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'certificate'::regclass);
SELECT create_distributed_table('former_key', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'former_key'::regclass);
SELECT create_distributed_table('authority', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'authority'::regclass);
SELECT create_distributed_table('certificate_use', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'certificate_use'::regclass);
SELECT create_distributed_table('trusted', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'trusted'::regclass);
SELECT create_distributed_table('pulse', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'pulse'::regclass);
SELECT create_distributed_table('alert', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'alert'::regclass);
SELECT create_distributed_table('heard', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'heard'::regclass);
SELECT create_distributed_table('upkeep', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'upkeep'::regclass);
SELECT create_distributed_table('unnamed', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'unnamed'::regclass);
SELECT create_distributed_table('backup', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'backup'::regclass);
SELECT create_distributed_table('operator', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'operator'::regclass);
SELECT create_distributed_table('session', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'session'::regclass);
SELECT create_distributed_table('attempt', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'attempt'::regclass);
SELECT create_distributed_table('change', 'platform', colocate_with => 'journal')
 WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'change'::regclass);

-- 检查 · Verify. 每张表都已分布、同组 · every table is distributed, and in one group:
SELECT logicalrelid AS "table", partmethod, column_to_column_name(logicalrelid, partkey) AS by, colocationid
  FROM pg_dist_partition ORDER BY 1;
-- 没有漏掉的表 · none is left out (no row is right):
SELECT relname AS "not distributed" FROM pg_class
 WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> '_sqlx_migrations'
   AND oid NOT IN (SELECT logicalrelid FROM pg_dist_partition);
-- 分片上也有行级安全，且约束其所有者 · row-level security stands on the shards, too, and binds their owner (all rows: t):
SELECT result AS "shards locked", count(*) FROM run_command_on_shards(
    'journal', $$SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = '%s'::regclass$$) GROUP BY 1;
-- 工作节点先落盘再确认 · workers are durable before they acknowledge (all rows: on):
SELECT nodename, result FROM run_command_on_workers('SHOW synchronous_commit');
-- 一条热路径语句只到一个分片 · a statement of the hot path goes to one shard (Task Count: 1):
BEGIN;
SET LOCAL sanheyi.platform = 'jintan';
EXPLAIN (COSTS OFF) UPDATE journal SET size = 1 WHERE platform = 'jintan' AND number = 1 AND size = 0;
ROLLBACK;

-- 首次在真实集群上还须核对 · On the first real cluster, check as well:
--   * 市级平台启动时发现 pg_dist_partition，便把 SET LOCAL 单独发送：Citus 会把整条消息的文本转给工作节点。
--     The hub sees pg_dist_partition when it starts, and sends SET LOCAL by itself: Citus hands the text of a whole message on.
--     分布之后须重启市级平台。 · Restart the hub after its tables were distributed.
--   * `sanheyi-hub verify` 与 tests/contract 中的越权检查。 · `sanheyi-hub verify`, and the checks of crossing in tests/contract.
