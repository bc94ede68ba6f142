// Made from js/ by tools/build_js.py, not to be edited.
const $43=(n,f)=>Array.from({length:n},(_,i)=>f(i)),$44=(keys,f)=>Object.fromEntries(keys.map((key,i)=>[key,f(key,i)])),last=list=>list[list.length-1],sum=values=>values.reduce((total,value)=>total+value,0),$19=values=>{let total=0
return[0,...values.map(value=>total+=value)]},$18=(value,low,high)=>Math.min(Math.max(value,low),high),$26=(list,n)=>n>=list.length?list:$43(n,i=>list[Math.round(i*(list.length-1)/(n-1))]);
const $25=(predicted,x,xIn,[abar,bbar])=>{const x0=new Float64Array(x.length),res=new Float64Array(x.length),eps=bbar===0?null:new Float64Array(x.length)
for(let i=0;i<x.length;i++){x0[i]=$18(xIn[i]- predicted[i],-1,1)
res[i]=xIn[i]- x0[i]
if(eps)eps[i]=(x[i]- x0[i]- abar*res[i])/bbar}
return{x0,res,eps}};
const $31=point=>point.every(v=>v===0),$42=(x0,xIn,eps,abar,bbar)=>x0.map((v,i)=>v+abar*((xIn?xIn[i]:0)- v)+ bbar*eps[i]),$4={sum_constrained:([,bbarT],[,bbarS])=>bbarS*bbarS*(bbarT*bbarT-bbarS*bbarS)/(bbarT*bbarT),preserving:([abarT,bbarT],[abarS,bbarS])=>{const ratio=(1-abarT)/(1-abarS),kept=ratio===0?0:ratio*ratio*bbarS*bbarS/(bbarT*bbarT);
return bbarS*bbarS*(1-kept)},bridge:([abarT,bbarT],[abarS,bbarS])=>bbarS*bbarS-(abarS/abarT)**2*bbarT*bbarT},$40=(posterior,from,to,eta=1)=>{const bbarS=to[1]
if(eta===0||bbarS===0)return 0
const variance=$4[posterior](from,to)
return !Number.isFinite(variance)||variance<-1e-12*bbarS**2?NaN:eta*Math.max(variance,0)},$45=(x,estimate,[abarT,bbarT],to,variance=0,noise=null)=>{if($31(to))return estimate.x0.slice()
const[abarS,bbarS]=to,{res,eps}=estimate,fromEps=Math.sqrt(Math.max(bbarS*bbarS-variance,0))- bbarT,fromNoise=Math.sqrt(variance),out=x.slice()
for(let i=0;i<out.length;i++){out[i]+=(abarS-abarT)*res[i]+(eps?fromEps*eps[i]:0)+(noise?fromNoise*noise[i]:0)}
return out};
const P=(side,exponent,T,grid='count')=>{const x=$43(T,i=>grid==='linspace'&&T>1?i/(T-1):(i+1)/T),weights=(side==='x'?x:x.reverse()).map(v=>v**exponent),total=sum(weights)
return weights.map(w=>w/total)},$29=(alpha,beta2)=>{const abar=$19(alpha)
if(Math.abs(last(abar)- 1)<1e-6)abar[abar.length-1]=1
return{abar,bbar:$19(beta2).map(Math.sqrt)}},$28=(abar,bbar,T)=>{const x=$43(T+1,i=>i/T)
return{abar:x.map(abar),bbar:x.map(bbar)}},$27=products=>({abar:[0,...products.map(v=>1-Math.sqrt(v))],bbar:[0,...products.map(v=>Math.sqrt(1-v))]}),power=(T=1000,alpha=['1-x',1],beta2=['x',1],bbarT=1,grid='count')=>$29(P(...alpha,T,grid),P(...beta2,T,grid).map(v=>bbarT**2*v)),line=(T=1000,bbarT=1)=>$28(x=>x,x=>bbarT*x,T),circle=(T=1000)=>{const schedule=$28(x=>1-Math.cos(x*Math.PI/2),x=>Math.sin(x*Math.PI/2),T)
schedule.abar[T]=1
return schedule},bridge=(T=1000,height=.5)=>$28(x=>x,x=>2*height*Math.sqrt(x*(1-x)),T),$20=(T=1000,betaStart=1e-4,betaEnd=.02)=>{let product=1
const beta=i=>betaStart+(betaEnd-betaStart)*(T>1?i/(T-1):0)
return $27($43(T,i=>product*=1-beta(i)))},cosine=(T=1000)=>$27($43(T,i=>Math.cos((i+1)/T*Math.PI/2)**2)),$7=[['x','x, rising'],['1-x','1−x, falling']],$6={side_res:{initial:'1-x',label:'residual steps',options:$7},a_res:{initial:1,label:'residual exponent',limits:[0,5,.1]},side_eps:{initial:'x',label:'noise steps',options:$7},a_eps:{initial:1,label:'noise exponent',limits:[0,5,.1]},bbar_T:{initial:1,label:'noise at the start',limits:[0,2,.05]},height:{initial:.5,label:'height of the arch',limits:[.05,1,.05]}},$41=s=>[`P(${s.side_res}, ${+s.a_res.toFixed(2)}), P(${s.side_eps}, ${+s.a_eps.toFixed(2)}), β̄ = ${s.bbar_T}`],FAMILIES={power:{settings:['side_res','a_res','side_eps','a_eps','bbar_T'],make:s=>power(s.T,[s.side_res,s.a_res],[s.side_eps,s.a_eps],s.bbar_T),title:$41},line:{settings:['bbar_T'],make:s=>line(s.T,s.bbar_T),title:s=>['line, β̄ = {0}',s.bbar_T]},circle:{settings:[],make:s=>circle(s.T)},bridge:{settings:['height'],make:s=>bridge(s.T,s.height),title:s=>['bridge, {0}',s.height]},'ddim linear':{settings:[],make:s=>$20(s.T)},cosine:{settings:[],make:s=>cosine(s.T)}},$33=settings=>{const family=FAMILIES[settings.family]
if(!family)throw new Error(`no family '${settings.family}': there are ${Object.keys(FAMILIES).join(', ')}`)
return family.make({T:400,...settings})},$51=settings=>FAMILIES[settings.family]?.title?.(settings)??[settings.family],$50=schedule=>schedule.abar.map((abar,t)=>[abar,schedule.bbar[t]]),$49=(schedule,u)=>{const T=schedule.abar.length-1,t=Math.min(Math.floor(u*T),T-1),interpolate=values=>values[t]+(u*T-t)*(values[t+1]- values[t])
return[interpolate(schedule.abar),interpolate(schedule.bbar)]},$58=(T,steps)=>$43(steps+1,i=>Math.floor(T*(steps-i)/steps)),rho=schedule=>schedule.abar.map((abar,t)=>schedule.bbar[t]/(1-abar));
const $21=([x,y],[x2,y2])=>Math.hypot(x-x2,y-y2),$59=path=>$31(last(path))?path:[...path,[0,0]],$23=(corners,steps=50)=>{const ends=$59(corners),lengths=$19(ends.slice(1).map((end,i)=>$21(end,ends[i])))
let i=0
return $43(steps+1,step=>{if(step===steps)return[0,0]
const covered=last(lengths)*step/steps
while(i<ends.length-2&&lengths[i+1]<covered)i++
const share=lengths[i+1]>lengths[i]?(covered-lengths[i])/(lengths[i+1]- lengths[i]):0
return[0,1].map(axis=>ends[i][axis]+ share*(ends[i+1][axis]- ends[i][axis]))})},$2=['together','residual_first','noise_first'],$47=(schedule,steps,order='together')=>{const T=schedule.abar.length-1,points=$50(schedule)
if(order==='together')return $58(T,steps).map(t=>points[t])
const half=Math.floor(steps/2),first=$58(T,steps-half).slice(1).map(t=>points[t]),second=$58(T,half).slice(1,-1).map(t=>points[t]),[abarT,bbarT]=points[T],between=order==='residual_first'?[...first.map(([abar])=>[abar,bbarT]),...second.map(([,bbar])=>[0,bbar])]:[...first.map(([,bbar])=>[abarT,bbar]),...second.map(([abar])=>[abar,0])]
return[[abarT,bbarT],...between,[0,0]]},$14=(path,step,order)=>{const[abar,bbar]=path[step],left=path.length-1-step
if(order==='together'||left<2)return path.slice(step)
return $23([[abar,bbar],order==='residual_first'?[0,bbar]:[abar,0],[0,0]],left)},$54=(path,tolerance=.03)=>{if(path.length<3)return path
const[start,end]=[path[0],last(path)],[dx,dy]=[end[0]- start[0],end[1]- start[1]],length=Math.hypot(dx,dy)||1e-9,offsets=path.map(([x,y])=>Math.abs(dx*(start[1]- y)-(start[0]- x)*dy)/length),furthest=offsets.indexOf(Math.max(...offsets))
if(offsets[furthest]<=tolerance)return[start,end]
const[before,after]=[path.slice(0,furthest+1),path.slice(furthest)]
return[...$54(before,tolerance).slice(0,-1),...$54(after,tolerance)]};
const $60=x=>{const size=x.length/3,bytes=new Uint8ClampedArray(4*size).fill(255)
for(let i=0;i<size;i++){for(let channel=0;channel<3;channel++)bytes[4*i+channel]=(x[channel*size+i]+ 1)*127.5}
return bytes};
const $62=seed=>{let state=seed>>>0
return()=>{state=state+0x6D2B79F5>>>0
let bits=Math.imul(state ^ state>>>15,1|state)
bits=bits+Math.imul(bits ^ bits>>>7,61|bits)^ bits
return((bits ^ bits>>>14)>>>0)/4294967296}},$37=seed=>{const uniform=$62(seed),normal=()=>{const[u,v]=[uniform(),uniform()]
return Math.sqrt(-2*Math.log(1-u))*Math.cos(2*Math.PI*v)}
return n=>{const numbers=new Float64Array(n)
for(let i=0;i<n;i++)numbers[i]=normal()
return numbers}};
const $32=([abar,bbar])=>Math.log((1-abar)/bbar),$8={* euler(estimate){return estimate},* heun(estimate,{x,from,to}){if($31(to)||(from[1]===0)!==(to[1]===0))return estimate
const there=yield{x:$45(x,estimate,from,to),point:to},mean=part=>estimate[part]?.map((v,i)=>(v+there[part][i])/2)
return{x0:mean('x0'),res:mean('res'),eps:mean('eps')}},* multistep({x0,res,eps},{from,to},before){const h=$32(to)- $32(from),back=before?$32(from)- $32(before.point):NaN
if(!Number.isFinite(h)||!Number.isFinite(back))return{x0,res,eps}
const share=(h/-Math.expm1(-h)- 1)/back,moved=(values,scale)=>values.map((v,i)=>v+scale*share*(x0[i]- before.x0[i]))
return{x0:moved(x0,1),res:moved(res,-1),eps:moved(eps,(from[0]- 1)/from[1])}}},$55=(solver,path)=>{const stays=(to,i)=>Math.abs($32(to)- $32(path[i]))<1e-9,still=path.every(([,bbar])=>bbar===0)||path.slice(1).some(stays)
return solver==='multistep'&&still?'euler':solver};
const $48=function*(xT,path,options={}){const{eta=0,posterior='sum_constrained',randn=null,solver='euler'}=options,run=[{x:xT}]
for(let i=0;i+1<path.length;i++){const[{x},from,to]=[run[i],path[i],path[i+1]],guess=yield{x,point:from},variance=$40(posterior,from,to,eta)||0
run[i].x0=guess.x0
const estimate=yield*$8[solver](guess,{x,from,to},i&&{point:path[i-1],x0:run[i-1].x0})
run.push({x:$45(x,estimate,from,to,variance,variance>0?randn(x.length):null)})}
return run},$46=(model,xT,xIn,path,options)=>{const run=$48(xT,path,options)
let stop=run.next(),evaluations=0
for(;!stop.done;evaluations++)stop=run.next(model.predict(stop.value.x,xIn,...stop.value.point))
return Object.assign(stop.value,{evaluations})};
const fetched=async(url,onBytes)=>{const response=await fetch(url).catch(()=>{throw new Error('a file could not be fetched: is there a connection?')})
if(!response.ok)throw new Error(`${url.pathname}: ${response.status}`)
const reader=response.body.getReader(),parts=[]
for(let part=await reader.read();!part.done;part=await reader.read()){parts.push(part.value)
onBytes(part.value.length)}
return new Blob(parts).arrayBuffer()},$22=(folder,files,onProgress)=>{const total=files.reduce((bytes,file)=>bytes+file.bytes,0)
let there=0
const onBytes=bytes=>{there+=bytes
onProgress(there,total)}
return Promise.all(files.map(({name})=>fetched(new URL(name,folder),onBytes)))};
const $34=()=>Boolean(navigator.gpu&&WebAssembly.Suspending),$30=async()=>{try{const adapter=await navigator.gpu.requestAdapter()
return Boolean(adapter)&&!(adapter.info?.isFallbackAdapter??adapter.isFallbackAdapter)}catch{return false}};
const $5={wasm:'wasm',webgpu:{name:'webgpu',preferredLayout:'NCHW'}},CHECKED_SIDE=16,
$10=2e-3,
$17=async asked=>{if(asked==='wasm'||!$34())return 'wasm'
return asked==='webgpu'||await $30()?'webgpu':'wasm'},$11=async(ort,session,images,[abar,bbar],height,width)=>{const image=values=>new ort.Tensor('float32',new Float32Array(values),[1,3,height,width]),number=value=>new ort.Tensor('float32',[value],[1]),[state,input]=images.map(image),{res}=await session.run({x_t:state,x_in:input,abar:number(abar),bbar:number(bbar)})
return res.data},$16=async(ort,session,create)=>{const noise=$37(1),images=$43(2,()=>noise(3*CHECKED_SIDE**2).map(Math.tanh)),answerOf=one=>$11(ort,one,images,[.5,.5],CHECKED_SIDE,CHECKED_SIDE),processor=await create('wasm'),[answer,right]=[await answerOf(session),await answerOf(processor)]
await processor.release()
const off=answer.reduce((most,value,i)=>Math.max(most,Math.abs(value-right[i])),0)
if(!(off<=$10))throw new Error('its answer is wrong')},$38=async(runtime,script,wasm,network)=>{const ort=await import(script),threads=runtime==='wasm'&&self.crossOriginIsolated?navigator.hardwareConcurrency:1
Object.assign(ort.env.wasm,{numThreads:threads,wasmBinary:wasm})
const bytes=new Uint8Array(network),options={logSeverityLevel:3},
create=name=>ort.InferenceSession.create(bytes,{...options,executionProviders:[$5[name]]}),session=await create(runtime)
if(runtime!=='wasm')await $16(ort,session,create)
return{runtime,threads,ask:(...question)=>$11(ort,session,...question)}};
const SIDE=320,
$3=16,
$1=4,
$53=n=>$43(Math.max(1,Math.floor(n/$3)),i=>{const side=Math.max(Math.ceil((n+i*$3)/(i+1)),$3+1)
return[i+1,Math.ceil(side/$1)*$1]}),$39=(height,width)=>{const plans=$53(height).flatMap(([rows,h])=>$53(width).map(([columns,w])=>[rows*h*columns*w,h,w])),fits=plans.filter(([,h,w])=>h*w<=SIDE*SIDE)
return fits.sort((a,b)=>a[0]- b[0]||a[1]- b[1]||a[2]- b[2])[0].slice(1)},$57=(n,tile)=>{const count=n<=tile?1:Math.ceil((n-$3)/(tile-$3)),length=Math.min(tile,n),total=new Float64Array(n),ramp=$43(length,i=>Math.min(i,length-1-i)+ .5),starts=$43(count,i=>count>1?Math.floor(i*(n-tile)/(count-1)):0)
for(const start of starts)ramp.forEach((weight,i)=>{total[start+i]+=weight})
return starts.map(start=>({start,length,weights:ramp.map((weight,i)=>weight/total[start+i])}))},$24=(row,column,height,width,callback)=>{for(let line=0;line<3*row.length;line++){const[channel,y]=[Math.floor(line/row.length),line % row.length],here=(channel*height+row.start+y)*width+column.start
for(let x=0;x<column.length;x++){callback(line*column.length+x,here+x,row.weights[y]*column.weights[x])}}},$12=async(ask,images,height,width,onTile)=>{const[tileHeight,tileWidth]=$39(height,width),[rows,columns]=[$57(height,tileHeight),$57(width,tileWidth)],places=rows.flatMap(row=>columns.map(column=>[row,column]))
if(places.length===1)return ask(images,height,width)
const out=new Float64Array(images[0].length)
for(const[i,[row,column]]of places.entries()){const size={width:column.length,height:row.length},parts=images.map(()=>new Float64Array(3*size.width*size.height))
$24(row,column,height,width,(there,here)=>parts.forEach((part,k)=>{part[there]=images[k][here]}))
const answer=await ask(parts,size.height,size.width)
$24(row,column,height,width,(there,here,weight)=>{out[here]+=weight*answer[there]})
onTile({images:parts,answer,left:column.start,top:row.start,...size,tile:i+1,tiles:places.length})}
return out};
const $0=8,
$15=()=>new Promise(resolve=>{setTimeout(resolve)}),$61=async(work,isWanted)=>{let began=performance.now()
for(let at=work.next();;at=work.next()){if(at.done)return at.value
if(performance.now()- began<$0)continue
await $15()
if(!isWanted())return null
began=performance.now()}};
const $9=new Error('another run is wanted, or none')
let $56=null,
network=null,$36=null;
const $13=async(runtime,failure=null)=>{try{const{script,wasm}=$56.runtimes[runtime],progress=(there,total)=>postMessage({kind:'progress',there,total}),files=await $22($56.folder,[wasm,$56.network],progress)
network=await $38(runtime,new URL(script.name,$56.folder).href,...files)}catch(error){if(runtime==='wasm')throw error
await $13('wasm',$35(error))
return}
postMessage({kind:'ready',runtime,threads:network.threads,failure})},load=async({asked,...files})=>{$56=files
await $13(await $17(asked))},$35=error=>String(error?.message??error),asked=async(...question)=>{try{return await network.ask(...question)}catch(error){if(network.runtime==='wasm')throw error
await $13('wasm',$35(error))
return network.ask(...question)}},$52=(id,step,{images:[,input],answer,...place})=>{const image=$60(input.map((value,i)=>value-answer[i]))
postMessage({kind:'tile',id,step,image,...place},[image.buffer])},ask=(id,step,images,point,width,height)=>$12(async(parts,h,w)=>{const answer=await asked(parts,point,h,w)
await $15();
if($36!==id)throw $9
return answer},images,height,width,tile=>$52(id,step,tile)),start=(xIn,bbar,seed)=>{const x=$37(seed)(xIn.length)
for(let i=0;i<x.length;i++)x[i]=xIn[i]+ bbar*x[i]
return x},show=(id,step,x,x0)=>{const images=[$60(x),$60(x0)]
postMessage({kind:'state',id,step,images},images.map(image=>image.buffer))},restore=async({id,xIn,width,height,schedule,steps,order,eta,seed})=>{const path=$47($33(schedule),steps,order),run=$48(start(xIn,path[0][1],seed),path,{eta,randn:$37(seed+1000)})
let stop=run.next()
for(let step=0;!stop.done;step++){const{x,point}=stop.value,residual=await ask(id,step,[x,xIn],point,width,height),estimate=$25(residual,x,xIn,point)
show(id,step,x,estimate.x0)
stop=run.next(estimate)}
const{x}=stop.value.at(-1)
show(id,path.length-1,x,x)
postMessage({kind:'done',id})},WORK={load,restore,stop(){}}
onmessage=async({data})=>{if(data.kind!=='load')$36=data.id
try{await WORK[data.kind](data)}catch(error){if(error!==$9)postMessage({kind:'failed',id:data.id,message:$35(error)})}};
