'use strict';
// What the SDKs' own end-to-end tests ask of twins.
const L = require('./lib');
const { test, registry, mkDevice, connect, report, until, sleep } = L;
const { eq, rejects, user } = L;
const get = async (d) => (await registry.getTwin(d.id)).responseBody;
const set = async (d, patch, etag) =>
	(await registry.updateTwin(d.id, patch, etag || '*')).responseBody;
const desired = (d, patch, etag) => set(d, { properties: { desired: patch } }, etag);
const reported = async (d) => user((await get(d)).properties.reported);

// A device with its twin, and what it was told of desired properties.
async function listen(options, transport) {
	const d = await mkDevice();
	const c = await connect(d, transport, options);
	const t = await c.getTwin();
	const told = [];
	t.on('properties.desired', (x) => told.push(x));
	await sleep(300);
	told.length = 0;
	return { d, c, t, told };
}

test('twin: reports are merged, and a null takes away', async () => {
	const { d, t } = await listen();
	await report(t, { foo: 1, bar: { baz: 'a', qux: [1, { x: true }] } });
	await report(t, { bar: { baz: 'b' }, tweedle: 'dee' });
	eq(await reported(d), {
		foo: 1,
		bar: { baz: 'b', qux: [1, { x: true }] },
		tweedle: 'dee',
	});
	await report(t, { foo: null, bar: { qux: null } });
	eq(await reported(d), { bar: { baz: 'b' }, tweedle: 'dee' });
	await report(t, { bar: null, tweedle: null });
	eq(await reported(d), {});
});
test('twin: each write is one more of $version', async () => {
	const { d, t, told } = await listen();
	for (const n of [2, 3]) {
		await report(t, { n });
		eq((await get(d)).properties.reported.$version, n);
		await desired(d, { n });
		eq((await get(d)).properties.desired.$version, n);
		await until(() => told.length === n - 1);
		eq(told[n - 2].$version, n);
	}
});
test('twin: a device reads back what it has reported', async () => {
	const { d, c, t } = await listen();
	const what = { list: [1, 'two', { three: [3] }], when: '2026-11-22T10:00:00Z' };
	await report(t, what);
	await c.close();
	const again = await (await connect(d)).getTwin();
	eq(user(again.properties.reported), {
		...what,
		update: again.properties.reported.update,
	});
});
test('twin: a name that may not be is refused, and nothing is lost', async () => {
	const { d, t } = await listen();
	await report(t, { good: 1 });
	for (const patch of [{ 'a.b': 1 }, { $x: 1 }, { a: { 'b c': 1 } }]) {
		let error;
		await report(t, patch).catch((e) => (error = e));
		eq(!error, false);
	}
	await report(t, { after: 2 });
	eq(await reported(d), { good: 1, after: 2 });
});
test('twin: arrays and dates of a service reach the device', async () => {
	const { d, told } = await listen();
	const what = {
		list: [1, 'two', { three: 3 }],
		when: '2026-11-22T10:00:00.1234567Z',
	};
	await desired(d, what);
	await until(() => told.length === 1);
	eq(user(told[0]), what);
	eq(user((await get(d)).properties.desired), what);
});
test('twin: desired by its ETag, by the star, and by a stale one', async () => {
	const { d, told } = await listen();
	const { etag } = await get(d);
	await desired(d, { a: 1 }, etag);
	eq((await rejects(desired(d, { a: 2 }, etag), 412)).name, 'InvalidEtagError');
	await rejects(desired(d, { a: 2 }, 'nonsense'), 412);
	await desired(d, { a: 3 }, '*');
	await until(() => told.length === 2);
	eq(told.map((x) => x.a), [1, 3]);
});
for (const star of [false, true])
	test(`twin: desired nulls, one and all${star ? ', by the star' : ''}`, async () => {
		const { d, told } = await listen();
		const etag = async () => (star ? '*' : (await get(d)).etag);
		await desired(d, { a: { b: 1, c: 2 }, d: 3 }, await etag());
		await desired(d, { a: { b: null } }, await etag());
		eq(user((await get(d)).properties.desired), { a: { c: 2 }, d: 3 });
		await desired(d, null, await etag());
		eq(user((await get(d)).properties.desired), {});
		await until(() => told.length === 3);
		eq(told[1].a.b, null);
		eq([told[2].a, told[2].d], [null, null]);
	});
for (const star of [false, true])
	test(`twin: tags are merged and go${star ? ', by the star' : ''}`, async () => {
		const d = await mkDevice();
		const etag = async () => (star ? '*' : (await get(d)).etag);
		await set(d, { tags: { a: { b: 1, c: 2 } } }, await etag());
		await set(d, { tags: { a: { b: 5 }, e: 6 } }, await etag());
		eq((await get(d)).tags, { a: { b: 5, c: 2 }, e: 6 });
		await set(d, { tags: { a: { b: null } } }, await etag());
		eq((await get(d)).tags, { a: { c: 2 }, e: 6 });
		await set(d, { tags: null }, await etag());
		eq((await get(d)).tags, {});
	});
test('twin: a null makes no property', async () => {
	const d = await mkDevice();
	await desired(d, { here: 1, gone: null, in: { here: 2, gone: null } });
	eq(user((await get(d)).properties.desired), { here: 1, in: { here: 2 } });
	// The last of a collection leaves it empty.
	await desired(d, { in: { here: null } });
	eq(user((await get(d)).properties.desired), { here: 1, in: {} });
});
test('twin: what was desired while the device was away is there', async () => {
	const { d, c } = await listen();
	await c.close();
	await desired(d, { building: 43 });
	const t = await (await connect(d)).getTwin();
	eq(t.properties.desired.building, 43);
});
test('twin: a device is told of one property alone', async () => {
	const { d, t } = await listen();
	const seen = [];
	t.on('properties.desired.climate.max', (x) => seen.push(x));
	await desired(d, { climate: { min: 1 } });
	await desired(d, { climate: { max: 30 } });
	await until(() => seen.length === 1);
	eq(seen, [30]);
});
for (const Transport of [L.Mqtt, L.MqttWs])
	test(`twin: goes on with a new token, ${Transport.name}`, async () => {
		const d = await mkDevice();
		const c = L.deviceBySignature(d, Transport, 600);
		await L.trust(c);
		await c.open();
		const t = await c.getTwin();
		let seen;
		t.on('properties.desired', (x) => (seen = x.n));
		await report(t, { n: 1 });
		await c.updateSharedAccessSignature(L.deviceSignature(d, 1200));
		await report(t, { n: 2 });
		eq(await reported(d), { n: 2 });
		// Nobody subscribes again: the hub has kept it.
		await desired(d, { n: 3 });
		await until(() => seen === 3);
	});
