#include "config.h"

#include "core/hub/schema.h"

#include <stddef.h>

/*
 * A twin has a table of its own, so that a device that comes and goes does
 * not rewrite its properties.  Sections and their $metadata are compact JSON
 * objects as they are sent: a GET only has to put them side by side.  Times
 * are text as they are sent, and sort as such.
 */
const struct store_migration hub_schema[] = {
	{ "devices, twins and sessions",
	    "CREATE TABLE device ("
	    "  id INTEGER PRIMARY KEY,"
	    "  device_id TEXT NOT NULL UNIQUE,"
	    "  generation_id TEXT NOT NULL,"
	    "  etag INTEGER NOT NULL,"
	    "  enabled INTEGER NOT NULL,"
	    "  status_reason TEXT,"
	    "  status_updated TEXT NOT NULL,"
	    "  connected INTEGER NOT NULL DEFAULT 0,"
	    "  connection_updated TEXT NOT NULL,"
	    "  last_activity TEXT NOT NULL,"
	    "  auth_type TEXT NOT NULL,"
	    "  primary_key TEXT,"
	    "  secondary_key TEXT,"
	    "  primary_thumbprint TEXT,"
	    "  secondary_thumbprint TEXT,"
	    "  iot_edge INTEGER NOT NULL DEFAULT 0,"
	    "  model_id TEXT NOT NULL DEFAULT '');"
	    "CREATE INDEX device_connected ON device (id) WHERE connected = 1;"
	    "CREATE TABLE twin ("
	    "  id INTEGER PRIMARY KEY REFERENCES device (id) ON DELETE CASCADE,"
	    "  etag INTEGER NOT NULL,"
	    "  version INTEGER NOT NULL,"
	    "  tags TEXT NOT NULL,"
	    "  desired TEXT NOT NULL,"
	    "  desired_metadata TEXT NOT NULL,"
	    "  desired_version INTEGER NOT NULL,"
	    "  reported TEXT NOT NULL,"
	    "  reported_metadata TEXT NOT NULL,"
	    "  reported_version INTEGER NOT NULL);"
	    /* MQTT sessions that outlive a connection (Clean Session 0):
	     * {"Topic Filter":QoS,...}, and there even when it is empty. */
	    "CREATE TABLE session ("
	    "  device_id TEXT PRIMARY KEY"
	    "    REFERENCES device (device_id) ON DELETE CASCADE,"
	    "  subscriptions TEXT NOT NULL) WITHOUT ROWID;" },
	{ "jobs",
	    /* Times are text as they are sent, begun_us apart: the deadline
	     * is reckoned from it. */
	    "CREATE TABLE job ("
	    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
	    "  job_id TEXT NOT NULL UNIQUE,"
	    "  type TEXT NOT NULL,"
	    "  status TEXT NOT NULL,"
	    "  condition TEXT NOT NULL,"
	    "  action TEXT NOT NULL," /* JSON, as GET answers it */
	    "  created TEXT NOT NULL,"
	    "  start TEXT NOT NULL,"
	    "  start_us INTEGER NOT NULL,"
	    "  begun_us INTEGER,"
	    "  ended TEXT,"
	    "  max_execution_s INTEGER NOT NULL,"
	    "  failure TEXT);"
	    "CREATE INDEX job_active ON job (id)"
	    "  WHERE status IN ('queued', 'scheduled', 'running');"
	    /* One row for each device of a job, from when it begins. */
	    "CREATE TABLE device_job ("
	    "  id INTEGER PRIMARY KEY,"
	    "  job INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,"
	    "  device_id TEXT NOT NULL,"
	    "  status TEXT NOT NULL,"
	    "  created TEXT NOT NULL,"
	    "  started TEXT,"
	    "  ended TEXT,"
	    "  updated TEXT NOT NULL,"
	    "  response_status INTEGER,"
	    "  response TEXT,"
	    "  error_code TEXT,"
	    "  error_text TEXT,"
	    "  UNIQUE (job, device_id));"
	    "CREATE INDEX device_job_status ON device_job (job, status);"
	    "CREATE INDEX device_job_device ON device_job (device_id);" },
	/* Modules have what devices have, in tables with the same columns.
	 * Their device_id is "device/module", as who.h says. */
	{ "modules",
	    "CREATE TABLE module ("
	    "  id INTEGER PRIMARY KEY,"
	    "  owner INTEGER NOT NULL"
	    "    REFERENCES device (id) ON DELETE CASCADE,"
	    "  device_id TEXT NOT NULL UNIQUE,"
	    "  managed_by TEXT,"
	    "  generation_id TEXT NOT NULL,"
	    "  etag INTEGER NOT NULL,"
	    "  enabled INTEGER NOT NULL,"
	    "  status_reason TEXT,"
	    "  status_updated TEXT NOT NULL,"
	    "  connected INTEGER NOT NULL DEFAULT 0,"
	    "  connection_updated TEXT NOT NULL,"
	    "  last_activity TEXT NOT NULL,"
	    "  auth_type TEXT NOT NULL,"
	    "  primary_key TEXT,"
	    "  secondary_key TEXT,"
	    "  primary_thumbprint TEXT,"
	    "  secondary_thumbprint TEXT,"
	    "  iot_edge INTEGER NOT NULL DEFAULT 0,"
	    "  model_id TEXT NOT NULL DEFAULT '');"
	    "CREATE INDEX module_owner ON module (owner);"
	    "CREATE INDEX module_connected ON module (id) WHERE connected = 1;"
	    "CREATE TABLE module_twin ("
	    "  id INTEGER PRIMARY KEY REFERENCES module (id) ON DELETE CASCADE,"
	    "  etag INTEGER NOT NULL,"
	    "  version INTEGER NOT NULL,"
	    "  tags TEXT NOT NULL,"
	    "  desired TEXT NOT NULL,"
	    "  desired_metadata TEXT NOT NULL,"
	    "  desired_version INTEGER NOT NULL,"
	    "  reported TEXT NOT NULL,"
	    "  reported_metadata TEXT NOT NULL,"
	    "  reported_version INTEGER NOT NULL);"
	    "CREATE TABLE module_session ("
	    "  device_id TEXT PRIMARY KEY"
	    "    REFERENCES module (device_id) ON DELETE CASCADE,"
	    "  subscriptions TEXT NOT NULL) WITHOUT ROWID;" },
	{ "indexes for what operators filter by",
	    /* By id, as a page goes: the few among very many. */
	    "DROP INDEX device_connected;"
	    "CREATE INDEX device_connected ON device (device_id)"
	    "  WHERE connected = 1;"
	    "CREATE INDEX device_disabled ON device (device_id)"
	    "  WHERE enabled = 0;" },
	{ "cloud-to-device messages",
	    "CREATE TABLE message ("
	    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
	    "  device_id TEXT NOT NULL"
	    "    REFERENCES device (device_id) ON DELETE CASCADE,"
	    "  bag TEXT NOT NULL,"
	    "  payload TEXT NOT NULL,"
	    "  expiry_us INTEGER NOT NULL,"
	    "  deliveries INTEGER NOT NULL DEFAULT 0,"
	    /* Of the last delivery, while its PUBACK is awaited. */
	    "  packet_id INTEGER);"
	    "CREATE INDEX message_device ON message (device_id, id);" },
	{ "configurations",
	    "CREATE TABLE configuration ("
	    "  id INTEGER PRIMARY KEY AUTOINCREMENT," /* the newer, the more */
	    "  config_id TEXT NOT NULL UNIQUE,"
	    "  etag INTEGER NOT NULL,"
	    "  labels TEXT NOT NULL," /* JSON, as are content and metrics */
	    "  content TEXT NOT NULL,"
	    "  condition TEXT NOT NULL,"
	    "  priority INTEGER NOT NULL,"
	    "  metrics TEXT NOT NULL,"
	    "  created TEXT NOT NULL,"
	    "  updated TEXT NOT NULL);"
	    /* Whom a configuration targets: status 0, 1 when it has been
	     * applied, 2 when the twin would not take it. */
	    "CREATE TABLE configured ("
	    "  device_id TEXT NOT NULL"
	    "    REFERENCES device (device_id) ON DELETE CASCADE,"
	    "  config INTEGER NOT NULL"
	    "    REFERENCES configuration (id) ON DELETE CASCADE,"
	    "  status INTEGER NOT NULL DEFAULT 0,"
	    "  PRIMARY KEY (device_id, config)) WITHOUT ROWID;"
	    "CREATE INDEX configured_status ON configured (config, status);" },
	{ "scopes of edge devices",
	    "ALTER TABLE device ADD COLUMN scope TEXT;"
	    "ALTER TABLE device ADD COLUMN parent_scopes TEXT;" /* JSON */
	    "ALTER TABLE module ADD COLUMN scope TEXT;" /* never any */
	    "ALTER TABLE module ADD COLUMN parent_scopes TEXT;"
	    "UPDATE device SET scope = 'ms-azure-iot-edge://' || device_id"
	    "  || '-' || generation_id WHERE iot_edge = 1;"
	    "CREATE INDEX device_scope ON device (scope)"
	    "  WHERE iot_edge = 1;" },
	{ "configurations of modules",
	    /* enum hub_configuration_kind */
	    "ALTER TABLE configuration ADD COLUMN kind INTEGER NOT NULL"
	    "  DEFAULT 0;" },
	{ "locks of cloud-to-device messages",
	    /* Until when a PUBACK counts; 0: it may be sent. */
	    "ALTER TABLE message ADD COLUMN locked_until_us INTEGER NOT NULL"
	    "  DEFAULT 0;"
	    "CREATE INDEX message_locked ON message (locked_until_us)"
	    "  WHERE locked_until_us > 0;" },
	{ "messages of the day",
	    /* One row; the day counts from 1970, UTC. */
	    "CREATE TABLE tier_day ("
	    "  id INTEGER PRIMARY KEY,"
	    "  day INTEGER NOT NULL,"
	    "  messages INTEGER NOT NULL);" },
	{ "configurations of modules are applied",
	    /* device_id is a module's too, "device/module": no table to refer
	     * to has both. */
	    "CREATE TABLE configured_all ("
	    "  device_id TEXT NOT NULL,"
	    "  config INTEGER NOT NULL"
	    "    REFERENCES configuration (id) ON DELETE CASCADE,"
	    "  status INTEGER NOT NULL DEFAULT 0,"
	    "  PRIMARY KEY (device_id, config)) WITHOUT ROWID;"
	    "INSERT INTO configured_all SELECT device_id, config, status"
	    "  FROM configured;"
	    "DROP TABLE configured;"
	    "ALTER TABLE configured_all RENAME TO configured;"
	    "CREATE INDEX configured_status ON configured (config, status);"
	    "CREATE TRIGGER device_is_gone AFTER DELETE ON device BEGIN"
	    "  DELETE FROM configured WHERE device_id = OLD.device_id; END;"
	    "CREATE TRIGGER module_is_gone AFTER DELETE ON module BEGIN"
	    "  DELETE FROM configured WHERE device_id = OLD.device_id; END;" },
	{ NULL, NULL },
};
