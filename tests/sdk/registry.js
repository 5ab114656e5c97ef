'use strict';
// What the SDKs' own end-to-end tests ask of the registry, of modules, and of
// who may connect.
const L = require('./lib');
const { test, registry, mkDevice, newId, connect, assert, eq, rejects } = L;
const key = (c) => Buffer.alloc(32, c).toString('base64');
const keys = (a, b) => ({ symmetricKey: { primaryKey: a, secondaryKey: b } });
const body = async (p) => (await p).responseBody;

test('registry: keys that are given are kept, and changed', async () => {
	const d = await mkDevice({ authentication: keys(key(1), key(2)) });
	eq(d.info.authentication.symmetricKey, keys(key(1), key(2)).symmetricKey);
	d.info.authentication.symmetricKey.secondaryKey = key(3);
	d.info.status = 'disabled';
	d.info.statusReason = 'out of order';
	const up = await body(registry.update(d.info));
	eq(up.authentication.symmetricKey, keys(key(1), key(3)).symmetricKey);
	const got = await body(registry.get(d.id));
	eq([got.status, got.statusReason], ['disabled', 'out of order']);
	eq(got.authentication.symmetricKey.secondaryKey, key(3));
	assert(got.etag !== d.info.etag, 'the ETag stays');
	eq(got.generationId, d.info.generationId);
});
test('registry: thumbprints that are given are kept', async () => {
	const thumbprints = {
		primaryThumbprint: '0123456789ABCDEF0123456789ABCDEF01234567',
		secondaryThumbprint: 'fedcba9876543210'.repeat(4),
	};
	const d = await mkDevice({
		authentication: { type: 'selfSigned', x509Thumbprint: thumbprints },
	});
	eq((await body(registry.get(d.id))).authentication.x509Thumbprint, thumbprints);
});
test('registry: an id that is none is 400', async () => {
	await rejects(registry.create({ deviceId: 'no good' }), 400);
	await rejects(registry.create({ deviceId: 'x'.repeat(129) }), 400);
});
test('registry: who is not there cannot be deleted or updated', async () => {
	const id = newId('nobody');
	eq((await rejects(registry.delete(id), 404)).name, 'DeviceNotFoundError');
	await rejects(registry.update({ deviceId: id, status: 'enabled' }), 404);
});
test('registry: one that is created again is another', async () => {
	const d = await mkDevice();
	await registry.delete(d.id);
	const again = await body(registry.create({ deviceId: d.id }));
	assert(again.generationId !== d.info.generationId, 'the same generation');
});
test('registry: bulk add, update, remove, and what of it fails', async () => {
	const all = [newId(), newId(), newId()].map((deviceId) => ({
		deviceId,
		status: 'enabled',
		authentication: keys(key(1), key(2)),
	}));
	eq((await body(registry.addDevices(all))).isSuccessful, true);
	const e = await rejects(
		registry.addDevices([all[0], { deviceId: newId('bulk') }]),
		400,
	);
	const answer = JSON.parse(e.responseBody);
	eq([answer.isSuccessful, answer.errors.length], [false, 1]);
	eq(answer.errors[0].deviceId, all[0].deviceId);
	eq(answer.errors[0].errorCode, 'DeviceAlreadyExists');
	for (const d of all) d.status = 'disabled';
	eq((await body(registry.updateDevices(all, true))).isSuccessful, true);
	eq((await body(registry.get(all[2].deviceId))).status, 'disabled');
	eq((await body(registry.removeDevices(all, true))).isSuccessful, true);
	for (const d of all) await rejects(registry.get(d.deviceId), 404);
});
test('registry: a device, a twin and its module in bulk', async () => {
	const d = await mkDevice();
	await registry.addModule({ deviceId: d.id, moduleId: 'm' });
	const item = { id: d.id, importMode: 'updateTwin' };
	const send = (items) => L.call('POST', '/devices', items);
	eq((await send([{ ...item, tags: { a: 1 } }])).isSuccessful, true);
	eq(
		(await send([{ ...item, moduleId: 'm', tags: { b: 2 } }])).isSuccessful,
		true,
	);
	eq((await body(registry.getTwin(d.id))).tags, { a: 1 });
	eq((await body(registry.getModuleTwin(d.id, 'm'))).tags, { b: 2 });
});
test('registry: an edge, one below it, and a device below that', async () => {
	const capabilities = { iotEdge: true };
	const top = (await mkDevice({ capabilities })).info;
	assert(top.deviceScope, 'an edge without a scope');
	const below = (
		await mkDevice({ capabilities, parentScopes: [top.deviceScope] })
	).info;
	assert(below.deviceScope !== top.deviceScope, 'the scope is its own');
	eq(below.parentScopes, [top.deviceScope]);
	const leaf = (await mkDevice({ deviceScope: below.deviceScope })).info;
	eq(leaf.deviceScope, below.deviceScope);
	eq(leaf.parentScopes, [below.deviceScope]);
	eq((await body(registry.get(leaf.deviceId))).parentScopes, [
		below.deviceScope,
	]);
	const twin = await body(registry.getTwin(leaf.deviceId));
	eq([twin.deviceScope, twin.parentScopes], [
		below.deviceScope,
		[below.deviceScope],
	]);
	await rejects(registry.update({ ...leaf, deviceScope: 'nowhere' }), 400);
	const up = await body(
		registry.update({ ...leaf, deviceScope: top.deviceScope }),
	);
	eq(up.parentScopes, [top.deviceScope]);
	const plain = (await mkDevice()).info;
	eq([plain.deviceScope, plain.parentScopes], [undefined, undefined]);
});
test('registry: statistics count the devices', async () => {
	const before = await body(registry.getRegistryStatistics());
	await mkDevice();
	await mkDevice({ status: 'disabled' });
	const after = await body(registry.getRegistryStatistics());
	eq(after.totalDeviceCount - before.totalDeviceCount, 2);
	eq(after.disabledDeviceCount - before.disabledDeviceCount, 1);
});
test('registry: a shared access signature is enough', async () => {
	const field = (k) => new RegExp(k + '=([^;]*)').exec(L.CS)[1];
	const sas = L.common.SharedAccessSignature.create(
		L.HOST,
		field('SharedAccessKeyName'),
		field('SharedAccessKey'),
		L.common.anHourFromNow(),
	).toString();
	const d = await mkDevice();
	const r = L.iothub.Registry.fromSharedAccessSignature(sas);
	eq((await body(r.get(d.id))).deviceId, d.id);
});
test('module: updated by its ETag and by force, removed as an object', async () => {
	const d = await mkDevice();
	const m = await body(
		registry.addModule({ deviceId: d.id, moduleId: 'm', managedBy: 'me' }),
	);
	eq(m.managedBy, 'me');
	m.managedBy = 'you';
	const up = await body(registry.updateModule(m));
	eq(up.managedBy, 'you');
	await rejects(registry.updateModule({ ...m, managedBy: 'late' }), 412);
	await registry.updateModule({ ...m, managedBy: 'all' }, true);
	const got = await body(registry.getModule(d.id, 'm'));
	eq(got.managedBy, 'all');
	// The SDK's promise form takes no object here.
	const remove = L.promisify(registry.removeModule.bind(registry));
	await rejects(remove(up), 412);
	await remove(got);
	eq(await body(registry.getModulesOnDevice(d.id)), []);
});
test('configuration: of modules, kept, listed and found', async () => {
	const id = 'edge-' + L.RUN;
	const content = {
		modulesContent: {
			$edgeAgent: { 'properties.desired': { schemaVersion: '1.1' } },
			cam: { 'properties.desired.zoom': 2 },
		},
	};
	const edge = await mkDevice({ capabilities: { iotEdge: true } });
	await registry.addModule({ deviceId: edge.id, moduleId: 'cam' });
	const c = await body(
		registry.addConfiguration({
			id,
			content,
			labels: { a: 'b' },
			targetCondition: `deviceId = '${edge.id}'`,
			priority: 2,
		}),
	);
	try {
		eq([c.content, c.labels, c.schemaVersion], [content, { a: 'b' }, '1.0']);
		const all = await body(registry.getConfigurations());
		eq(
			all.find((x) => x.id === id).content,
			content,
		);
		await L.until(
			async () =>
				(await body(registry.getModuleTwin(edge.id, 'cam'))).properties
					.desired.zoom === 2,
		);
		const seen = await body(registry.getConfiguration(id));
		eq(seen.systemMetrics.results.targetedCount, 1);
		await registry.applyConfigurationContentOnDevice(edge.id, {
			modulesContent: { cam: { 'properties.desired.zoom': 5 } },
		});
		eq(
			(await body(registry.getModuleTwin(edge.id, 'cam'))).properties
				.desired.zoom,
			5,
		);
	} finally {
		await registry.removeConfiguration(id);
	}
});
test('connect: a wrong key, another id, and one that is no id', async () => {
	const d = await mkDevice();
	for (const cs of [
		d.cs.replace(/SharedAccessKey=.*/, 'SharedAccessKey=' + key(9)),
		d.cs.replace(d.id, d.id + 'foo'),
		d.cs.replace(d.id, d.id + '#+foo'),
	]) {
		let error;
		await connect({ cs }).catch((e) => (error = e));
		eq(error && error.name, 'UnauthorizedError');
	}
});
test('connect: a token of yesterday', async () => {
	const d = await mkDevice();
	const c = L.deviceBySignature(d, L.Mqtt, -86400);
	let error;
	await c.open().catch((e) => (error = e));
	eq(error && error.name, 'UnauthorizedError');
});
test('connect: a device that is disabled, and enabled again', async () => {
	const d = await mkDevice({ status: 'disabled' });
	let error;
	await connect(d).catch((e) => (error = e));
	eq(error && error.name, 'UnauthorizedError');
	await registry.update({ ...d.info, status: 'enabled' });
	await (await connect(d)).sendEvent(new L.Message('{}'));
});
if (process.env.TD_DEVICE_CA)
	test('connect: a certificate of a CA, with the id as its name', async () => {
		const d = await mkDevice({
			authentication: { type: 'certificateAuthority' },
		});
		eq(d.info.authentication.type, 'certificateAuthority');
		d.cs = `HostName=${L.HOST};DeviceId=${d.id};x509=true`;
		const mine = L.certificate(d.id, process.env.TD_DEVICE_CA);
		await (await connect(d, L.Mqtt, mine)).sendEvent(new L.Message('{}'));
		for (const other of [
			L.certificate(d.id),
			L.certificate('another', process.env.TD_DEVICE_CA),
		]) {
			let error;
			await connect(d, L.Mqtt, other).catch((e) => (error = e));
			eq(error && error.name, 'UnauthorizedError');
		}
	});
test('connect: the model of a device stands in its twin', async () => {
	const d = await mkDevice();
	const modelId = 'dtmi:com:example:Thermostat;1';
	const c = await connect(d, L.Mqtt, { modelId });
	await c.sendEvent(new L.Message('{}'));
	eq((await body(registry.getTwin(d.id))).modelId, modelId);
});
test('upload: a file is refused at once', async () => {
	const d = await mkDevice();
	for (const path of ['files', 'files/notifications']) {
		const e = await rejects(
			L.call('POST', `/devices/${d.id}/${path}`, { blobName: 'b' }),
			403,
		);
		assert(/OperationNotAvailable/.test(e.message + e.responseBody), e.message);
	}
});
