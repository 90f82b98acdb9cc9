import { DuckDBInstance } from "/work/main/node_modules/@duckdb/node-api/lib/index.js";
import { statSync, rmSync } from "node:fs";
const HOSTS=10_000, PER=100, CHANGES=Number(process.argv[2]??2_000_000), mode=process.argv[3]??"native", ver=process.argv[4]??"";
const path=`/tmp/ns/exp/t-${mode}${ver}.duckdb`;
for (const p of [path,path+".wal"]) rmSync(p,{force:true});
const mem = await DuckDBInstance.create(":memory:",{threads:"2",memory_limit:"2000MB",preserve_insertion_order:"true"});
const c = await mem.connect();
await c.run(`ATTACH '${path}' AS db ${ver?`(STORAGE_VERSION '${ver}')`:""}`);
await c.run("USE db");
const harsh = process.argv[5]==="harsh";
const body = harsh
 ? `'{"before":{"x":"'||substr(md5((i*7)::varchar),1,32)||'"},"after":{"x":"'||substr(md5((i*13)::varchar),1,32)||'"}}'`
 : `'{"before":{"mac":"fa:16:3e:'||substr(md5((i*7)::varchar),1,6)||'","qos_kbps":'||(hash(i)%1000000)||'},"after":{"mac":"fa:16:3e:'||substr(md5((i*13)::varchar),1,6)||'","qos_kbps":'||(hash(i+99)%1000000)||'}}'`;
const SEG=Number(process.argv[6]??1_000_000);
const order=process.argv[7]??"partition, element_id, at_ms, revision";
console.log("len", (await (await c.runAndReadAll(`SELECT avg(length(${body})) FROM range(1000) t(i)`)).getRows())[0]);
let t=process.cpuUsage();
for (let s=0;s*SEG<CHANGES;s++){
  await c.run(`CREATE TABLE seg${s} AS SELECT (i//10+1)::BIGINT AS revision, (i%10)::INTEGER AS ordinal, (1700000000000+i*2)::BIGINT AS at_ms,(1700000000000+i*2+(hash(i)%400)::BIGINT)::BIGINT AS known_at_ms,
   h::INTEGER AS partition, 1::UTINYINT AS kind,
   'host/compute-'||h||'.dc1.example/if/tap'||substr(md5((h*100+e)::varchar),1,11) AS element_id, ${body} AS body
   FROM (SELECT i, (hash(i//10)%${HOSTS})::BIGINT AS h, (hash(i*3)%${PER})::BIGINT AS e FROM range(${s*SEG},${Math.min(CHANGES,(s+1)*SEG)}) t(i)) ORDER BY ${order}`);
}
const u=process.cpuUsage(t);
await c.run("CHECKPOINT");
console.log(mode,ver,harsh?"harsh":"", "cpu s",(u.user+u.system)/1e6, "bytes/change", statSync(path).size/CHANGES);
const n=Math.ceil(CHANGES/SEG);
const all=Array.from({length:n},(_,s)=>`SELECT * FROM seg${s}`).join(" UNION ALL ");
async function time(name:string,sql:string){ const ts:number[]=[];let rows=0; for(let k=0;k<9;k++){const a=performance.now(); const r=await c.runAndReadAll(sql.replaceAll("$H",String(1000+k*777))); rows=r.currentRowCount; ts.push(performance.now()-a);} ts.sort((a,b)=>a-b); console.log(name.padEnd(28),"rows",rows,"p50",ts[4].toFixed(1),"max",ts[8].toFixed(1)); }
await time("as-of one host", `SELECT element_id,kind,body FROM (${all}) WHERE partition=$H AND at_ms<=1800000000000 ORDER BY at_ms,revision,ordinal`);
await time("diff 36000", `SELECT element_id,kind,body,at_ms,revision,ordinal FROM (${all}) WHERE at_ms>${1700000000000+CHANGES} AND at_ms<=${1700000000000+CHANGES+72000}`);
await time("density", `SELECT (at_ms-1700000000000)//60000, kind, count(*) FROM (${all}) GROUP BY 1,2`);
await time("history 1 el", `SELECT * FROM (${all}) WHERE partition=$H AND element_id='host/compute-$H.dc1.example/if/tap'||substr(md5(($H*100+5)::varchar),1,11)`);
c.closeSync(); mem.closeSync();
