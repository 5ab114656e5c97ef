'use strict';
const L = require('./lib');
const {
	test,
	registry,
	service,
	jobs,
	mkDevice,
	newId,
	connect,
	connectModule,
	onMethod,
	report,
	until,
	sleep,
	assert,
	eq,
	rejects,
	user,
} = L;
const twin = async (id) => (await registry.getTwin(id)).responseBody;
const invoke = async (id, methodName, payload) =>
	(
		await service.invokeDeviceMethod(id, {
			methodName,
			payload,
			responseTimeoutInSeconds: 10,
		})
	).result;

test('registry: create and get', async () => {
	const d = await mkDevice();
	const g = (await registry.get(d.id)).responseBody;
	eq(g.deviceId, d.id);
	eq(g.status, 'enabled');
	eq(g.authentication.symmetricKey, d.info.authentication.symmetricKey);
});
test('registry: a second create is 409', async () => {
	const d = await mkDevice();
	await rejects(registry.create({ deviceId: d.id }), 409);
});
test('registry: an unknown device is 404 DeviceNotFoundError', async () => {
	eq(
		(await rejects(registry.get('nobody-' + L.RUN), 404)).name,
		'DeviceNotFoundError',
	);
});
test('registry: list and delete', async () => {
	const d = await mkDevice();
	assert(
		(await registry.list()).responseBody.some((x) => x.deviceId === d.id),
		'not listed',
	);
	await registry.delete(d.id);
	await rejects(registry.get(d.id), 404);
});
test('registry: bulk create and remove', async () => {
	const l = [{ deviceId: newId() }, { deviceId: newId() }];
	eq((await registry.addDevices(l)).responseBody.isSuccessful, true);
	await registry.get(l[1].deviceId);
	eq((await registry.removeDevices(l, true)).responseBody.isSuccessful, true);
	await rejects(registry.get(l[0].deviceId), 404);
});
test('service: a wrong key is 401', async () => {
	const bad = L.iothub.Registry.fromConnectionString(
		L.CS.replace(
			/SharedAccessKey=[^;]*/,
			'SharedAccessKey=' + Buffer.alloc(32, 1).toString('base64'),
		),
	);
	await rejects(bad.list(), 401);
});
test('twin: tags and desired are merged', async () => {
	const d = await mkDevice();
	await registry.updateTwin(
		d.id,
		{ tags: { region: 'US' }, properties: { desired: { building: 43 } } },
		'*',
	);
	await registry.updateTwin(
		d.id,
		{ properties: { desired: { floor: 3 } } },
		'*',
	);
	const t = await twin(d.id);
	eq(t.tags, { region: 'US' });
	eq(user(t.properties.desired), { building: 43, floor: 3 });
});
test('twin: a stale etag is 412', async () => {
	const d = await mkDevice();
	const e = (await twin(d.id)).etag;
	await registry.updateTwin(d.id, { tags: { a: 1 } }, e);
	await rejects(registry.updateTwin(d.id, { tags: { a: 2 } }, e), 412);
});
test('twin: reported properties of a device are seen by the service', async () => {
	const d = await mkDevice();
	const c = await connect(d);
	await report(await c.getTwin(), { firmwareStatus: 'standBy' });
	eq(user((await twin(d.id)).properties.reported), {
		firmwareStatus: 'standBy',
	});
});
test('twin: a desired patch reaches the device', async () => {
	const d = await mkDevice();
	const t = await (await connect(d)).getTwin();
	let got;
	t.on('properties.desired', (x) => {
		if (x.building) got = x.building;
	});
	await sleep(300);
	await registry.updateTwin(
		d.id,
		{ properties: { desired: { building: 43 } } },
		'*',
	);
	await until(() => got === 43);
});
test('method: a call and its answer', async () => {
	const d = await mkDevice();
	await onMethod(await connect(d), 'lockDoor', (q, s) =>
		s.send(200, { Response: 'lockDoor called successfully', got: q.payload }),
	);
	eq(await invoke(d.id, 'lockDoor', { lockTime: '10m' }), {
		status: 200,
		payload: {
			Response: 'lockDoor called successfully',
			got: { lockTime: '10m' },
		},
	});
});
test('method: an offline device is 404', async () => {
	const d = await mkDevice();
	await rejects(invoke(d.id, 'lockDoor', null), 404);
});
test('telemetry: a message is acknowledged', async () => {
	const d = await mkDevice();
	await (await connect(d)).sendEvent(new L.Message('{"t":1}'));
});
test('websocket: a device that cannot reach 8883', async () => {
	const d = await mkDevice();
	const c = await connect(d, L.MqttWs);
	await onMethod(c, 'lockDoor', (q, s) => s.send(200, q.payload));
	const t = await c.getTwin();
	let got;
	t.on('properties.desired', (x) => {
		if (x.building) got = x.building;
	});
	await report(t, { firmwareStatus: 'standBy', pad: 'x'.repeat(4000) });
	eq((await twin(d.id)).properties.reported.firmwareStatus, 'standBy');
	await sleep(300);
	await registry.updateTwin(
		d.id,
		{ properties: { desired: { building: 43 } } },
		'*',
	);
	await until(() => got === 43);
	const big = { text: 'y'.repeat(70000) };
	eq((await invoke(d.id, 'lockDoor', big)).payload, big);
	await c.sendEvent(new L.Message(Buffer.alloc(200000)));
});
test('message: from the cloud, completed by the device', async () => {
	const d = await mkDevice();
	await L.sendToDevice(d.id, { payload: 'first', properties: { a: 'b c' } });
	const c = await connect(d);
	const got = [];
	c.on('message', (m) => {
		got.push([m.getData().toString(), m.properties.getValue('a')]);
		c.complete(m);
	});
	await until(() => got.length === 1);
	await L.sendToDevice(d.id, { payload: 'second', messageId: 'm2' });
	await until(() => got.length === 2);
	eq(got, [
		['first', 'b c'],
		['second', null],
	]);
	await until(
		async () =>
			(await registry.get(d.id)).responseBody.cloudToDeviceMessageCount === 0,
	);
});
test('module: identity, twin, method, telemetry', async () => {
	const d = await mkDevice();
	const m = (await registry.addModule({ deviceId: d.id, moduleId: 'cam' }))
		.responseBody;
	eq([m.deviceId, m.moduleId, m.connectionState], [d.id, 'cam', 'Disconnected']);
	await rejects(registry.addModule({ deviceId: d.id, moduleId: 'cam' }), 409);
	eq(
		(await registry.getModulesOnDevice(d.id)).responseBody.map(
			(x) => x.moduleId,
		),
		['cam'],
	);
	const c = await connectModule(
		`HostName=${L.HOST};DeviceId=${d.id};ModuleId=cam;SharedAccessKey=${m.authentication.symmetricKey.primaryKey}`,
	);
	c.onMethod('lockDoor', (q, s) => s.send(200, q.payload));
	const t = await c.getTwin();
	let got;
	t.on('properties.desired', (x) => {
		if (x.building) got = x.building;
	});
	await report(t, { zoom: 2 });
	await sleep(300);
	await registry.updateModuleTwin(
		d.id,
		'cam',
		{ tags: { a: 1 }, properties: { desired: { building: 43 } } },
		'*',
	);
	await until(() => got === 43);
	const mt = (await registry.getModuleTwin(d.id, 'cam')).responseBody;
	eq(
		[mt.moduleId, mt.tags, mt.properties.reported.zoom],
		['cam', { a: 1 }, 2],
	);
	eq(mt.connectionState, 'Connected');
	eq((await twin(d.id)).connectionState, 'Disconnected');
	eq(
		(
			await service.invokeDeviceMethod(d.id, 'cam', {
				methodName: 'lockDoor',
				payload: { x: 1 },
				responseTimeoutInSeconds: 10,
			})
		).result,
		{ status: 200, payload: { x: 1 } },
	);
	await c.sendEvent(new L.Message('{}'));
	await registry.removeModule(d.id, 'cam');
	await rejects(registry.getModule(d.id, 'cam'), 404);
});
test('x509: a certificate instead of a token', async () => {
	const { cert, key, thumbprint } = L.certificate();
	const d = await mkDevice({
		authentication: {
			type: 'selfSigned',
			x509Thumbprint: { primaryThumbprint: thumbprint },
		},
	});
	eq(d.info.authentication.x509Thumbprint.primaryThumbprint, thumbprint);
	eq(d.info.authentication.type, 'selfSigned');
	d.cs = `HostName=${L.HOST};DeviceId=${d.id};x509=true`;
	const c = await connect(d, undefined, { cert, key });
	await report(await c.getTwin(), { by: 'certificate' });
	eq((await twin(d.id)).properties.reported.by, 'certificate');
	await c.close();
	const ws = await connect(d, L.MqttWs, { cert, key });
	await ws.sendEvent(new L.Message('{}'));
	await ws.close();
	const other = L.certificate();
	let error;
	await connect(d, undefined, { cert: other.cert, key: other.key }).catch(
		(e) => (error = e),
	);
	eq(error && error.name, 'UnauthorizedError');
});
test('query: by id, page by page', async () => {
	const ids = [];
	for (let i = 0; i < 3; i++) ids.push((await mkDevice()).id);
	const list = ids.map((id) => `'${id}'`).join(', ');
	const q = registry.createQuery(
		`SELECT * FROM devices WHERE deviceId IN [${list}]`,
		2,
	);
	const seen = [];
	let pages = 0;
	for (; q.hasMoreResults; pages++)
		for (const t of (await q.nextAsTwin()).result) seen.push(t.deviceId);
	eq(seen.sort(), ids.sort());
	assert(pages === 2, `${pages} pages`);
});
test('query: what is not understood is 400', async () => {
	await rejects(registry.createQuery('SELECT FROM WHERE', 10).next(), 400);
});
test('query: by tag', async () => {
	const d = await mkDevice();
	await registry.updateTwin(d.id, { tags: { grp: L.RUN } }, '*');
	const r = (
		await registry
			.createQuery(`SELECT * FROM devices WHERE tags.grp = '${L.RUN}'`, 10)
			.next()
	).result;
	eq(
		r.map((x) => x.deviceId),
		[d.id],
	);
});
test('job: a method job runs on its device', async () => {
	const d = await mkDevice();
	let n = 0;
	await onMethod(await connect(d), 'lockDoor', (q, s) => {
		n++;
		s.send(200, null);
	});
	const id = newId('job');
	await jobs.scheduleDeviceMethod(
		id,
		`deviceId = '${d.id}'`,
		{ methodName: 'lockDoor', payload: null, responseTimeoutInSeconds: 10 },
		new Date(),
		60,
	);
	await until(
		async () => (await jobs.getJob(id)).jobStatus.status === 'completed',
		15000,
	);
	eq(n, 1);
});
test('job: a twin job writes its patch', async () => {
	const d = await mkDevice();
	const id = newId('job');
	await jobs.scheduleTwinUpdate(
		id,
		`deviceId = '${d.id}'`,
		{ etag: '*', properties: { desired: { building: 43 } } },
		new Date(),
		60,
	);
	await until(
		async () => (await jobs.getJob(id)).jobStatus.status === 'completed',
		15000,
	);
	eq((await twin(d.id)).properties.desired.building, 43);
});
test('job: each device has its record', async () => {
	const on = await mkDevice(),
		off = await mkDevice();
	await onMethod(await connect(on), 'lockDoor', (q, s) =>
		s.send(200, { Response: 'locked', got: q.payload }),
	);
	const id = newId('job');
	const made = (
		await jobs.scheduleDeviceMethod(
			id,
			`deviceId IN ['${on.id}', '${off.id}']`,
			{ methodName: 'lockDoor', payload: { n: 1 } },
			new Date(),
			60,
		)
	).jobStatus;
	eq(made.status, 'queued');
	let job;
	await until(async () => {
		job = (await jobs.getJob(id)).jobStatus;
		return job.status === 'completed';
	}, 15000);
	eq(job.deviceJobStatistics.deviceCount, 2);
	eq(job.deviceJobStatistics.failedCount, 1);
	const records = (
		await registry
			.createQuery(
				`SELECT * FROM devices.jobs WHERE devices.jobs.jobId = '${id}'`,
				10,
			)
			.next()
	).result;
	eq(records.length, 2);
	const of = (d) => records.find((r) => r.deviceId === d.id);
	eq(of(on).status, 'completed');
	eq(of(on).outcome.deviceMethodResponse.payload.got, { n: 1 });
	eq(of(off).status, 'failed');
	eq(of(off).error.code, '404103');
});
test('job: cancelled before its time', async () => {
	const id = newId('job');
	await jobs.scheduleTwinUpdate(
		id,
		'*',
		{ etag: '*', tags: { never: 1 } },
		new Date(Date.now() + 3600000),
		60,
	);
	eq((await jobs.getJob(id)).jobStatus.status, 'scheduled');
	await jobs.cancelJob(id);
	eq((await jobs.getJob(id)).jobStatus.status, 'cancelled');
	await rejects(jobs.cancelJob(id), 400);
	const q = jobs.createQuery('scheduleUpdateTwin', 'cancelled', 100);
	assert(
		(await q.next()).result.some((j) => j.jobId === id),
		'not in the list',
	);
});
test('job: one id makes one job', async () => {
	const id = newId('job');
	const patch = { etag: '*', tags: { a: 1 } };
	const make = () =>
		jobs.scheduleTwinUpdate(id, `deviceId = 'nobody'`, patch, new Date(), 60);
	await make();
	await rejects(make(), 409);
});
test('query: counts by groups', async () => {
	for (const floor of [1, 1, 2]) {
		const d = await mkDevice();
		await registry.updateTwin(
			d.id,
			{ tags: { house: L.RUN, floor } },
			'*',
		);
	}
	const r = (
		await registry
			.createQuery(
				'SELECT tags.floor, COUNT() AS n FROM devices ' +
					`WHERE tags.house = '${L.RUN}' GROUP BY tags.floor`,
				10,
			)
			.next()
	).result;
	eq(r, [
		{ floor: 1, n: 2 },
		{ floor: 2, n: 1 },
	]);
});
test('firmware update from start to end', async () => {
	const d = await mkDevice();
	const c = await connect(d),
		t = await c.getTwin();
	await onMethod(c, 'firmwareUpdate', async (q, s) => {
		await s.send(200, { Response: 'Firmware update started' });
		for (const p of ['downloading', 'applying', 'completed']) {
			await sleep(1100);
			await report(t, { firmwareStatus: p });
		}
	});
	await report(t, { firmwareStatus: 'standBy' });
	eq(
		(await invoke(d.id, 'firmwareUpdate', { fwPackageUri: 'test.com' }))
			.payload,
		{ Response: 'Firmware update started' },
	);
	const seen = [];
	await until(async () => {
		const s = (await twin(d.id)).properties.reported.firmwareStatus;
		if (s !== seen[seen.length - 1]) seen.push(s);
		return s === 'completed';
	}, 15000);
	eq(seen, ['standBy', 'downloading', 'applying', 'completed']);
});
test('configuration: add, get, list, update, remove', async () => {
	const id = 'c-' + L.RUN;
	const content = {
		deviceContent: { 'properties.desired.firmware': { v: '2.8.5' } },
	};
	const want = { id, content, targetCondition: '', priority: 1 };
	const added = (await registry.addConfiguration(want)).responseBody;
	try {
		eq([added.id, added.content, added.priority], [id, content, 1]);
		const got = (await registry.getConfiguration(id)).responseBody;
		eq(got.etag, added.etag);
		assert(
			(await registry.getConfigurations()).responseBody.some((c) => c.id === id),
			'not listed',
		);
		await rejects(registry.addConfiguration(want), 409);
		await rejects(
			registry.updateConfiguration({ ...want, etag: 'MTIz' }),
			412,
		);
		const up = await registry.updateConfiguration({ ...got, priority: 7 });
		eq(up.responseBody.priority, 7);
		await registry.updateConfiguration({ ...want, priority: 8 }, true);
	} finally {
		await registry.removeConfiguration(id);
	}
	await rejects(registry.getConfiguration(id), 404);
});
test('configuration: a device that it targets receives it', async () => {
	const d = await mkDevice();
	const id = 'c-' + d.id.toLowerCase();
	const t = await (await connect(d)).getTwin();
	let seen;
	t.on('properties.desired.firmware', (f) => (seen = f));
	await registry.addConfiguration({
		id,
		content: {
			deviceContent: { 'properties.desired.firmware': { v: '2.8.5' } },
		},
		targetCondition: `tags.site = '${d.id}'`,
		priority: 20,
		metrics: {
			queries: {
				current:
					`SELECT deviceId FROM devices WHERE configurations.[[${id}]]` +
					".status = 'Applied' AND properties.reported.status = 'current'",
			},
		},
	});
	try {
		await registry.updateTwin(d.id, { tags: { site: d.id } }, '*');
		await until(() => seen && seen.v === '2.8.5');
		eq((await twin(d.id)).configurations, { [id]: { status: 'Applied' } });
		await report(t, { status: 'current' });
		const c = (await registry.getConfiguration(id)).responseBody;
		eq(c.systemMetrics.results.appliedCount, 1);
		eq(c.metrics.results, { current: 1 });
	} finally {
		await registry.removeConfiguration(id);
	}
});
test('configuration: a module that it targets receives it', async () => {
	const d = await mkDevice();
	const id = 'm-' + d.id.toLowerCase();
	const m = (await registry.addModule({ deviceId: d.id, moduleId: 'cam' }))
		.responseBody;
	const c = await connectModule(
		`HostName=${L.HOST};DeviceId=${d.id};ModuleId=cam;SharedAccessKey=${m.authentication.symmetricKey.primaryKey}`,
	);
	const t = await c.getTwin();
	let zoom;
	t.on('properties.desired.zoom', (z) => (zoom = z));
	await registry.addConfiguration({
		id,
		content: { moduleContent: { 'properties.desired.zoom': 4 } },
		targetCondition: `FROM devices.modules WHERE tags.site = '${d.id}'`,
		priority: 20,
		metrics: {
			queries: {
				sharp:
					'SELECT deviceId FROM devices.modules WHERE ' +
					`configurations.[[${id}]].status = 'Applied' ` +
					'AND properties.reported.zoom = 4',
			},
		},
	});
	try {
		await registry.updateModuleTwin(
			d.id,
			'cam',
			{ tags: { site: d.id } },
			'*',
		);
		await until(() => zoom === 4);
		await report(t, { zoom });
		const got = (await registry.getConfiguration(id)).responseBody;
		eq(got.systemMetrics.results.targetedCount, 1);
		eq(got.systemMetrics.results.appliedCount, 1);
		eq(got.metrics.results, { sharp: 1 });
		eq((await twin(d.id)).properties.desired.zoom, undefined);
	} finally {
		await registry.removeConfiguration(id);
	}
});
require('./registry');
require('./twins');
require('./links');
L.run();
